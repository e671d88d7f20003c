#pragma once
#include <stddef.h>
#include <stdint.h>

/// The CRC-32C (Castagnoli, RFC 3720) of `count` bytes, going on from `crc`, which begins as 0.
uint32_t cchecksums_crc32c(uint32_t crc, const void *_Nullable bytes, size_t count);

/// The same without the processor's instruction; for tests and for processors that lack it.
uint32_t cchecksums_crc32c_portable(uint32_t crc, const void *_Nullable bytes, size_t count);
