#pragma once
// The low-level SHA-256 calls are marked deprecated since 3.0, but stay the fastest that libcrypto has.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
