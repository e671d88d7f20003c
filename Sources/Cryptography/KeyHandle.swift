private import COpenSSL

/// Owns one Ed25519 `EVP_PKEY` and frees it with the last reference.
///
/// No other type in the package holds that pointer. Nothing changes a key once it is made, and
/// libcrypto lets any number of threads use a key that nobody changes: hence `Sendable`.
@safe final class KeyHandle: Sendable {
    private nonisolated(unsafe) let pointer: OpaquePointer

    init(seed: Span<UInt8>) throws(CryptographyError) {
        let made = unsafe seed.withUnsafeBufferPointer { bytes in
            unsafe EVP_PKEY_new_raw_private_key(
                EVP_PKEY_ED25519,
                nil,
                bytes.baseAddress,
                bytes.count
            )
        }
        guard let made = unsafe made else { throw .takeFromLibrary() }
        unsafe pointer = made
    }

    init(publicKey: [UInt8]) throws(CryptographyError) {
        let made = unsafe EVP_PKEY_new_raw_public_key(
            EVP_PKEY_ED25519,
            nil,
            publicKey,
            publicKey.count
        )
        guard let made = unsafe made else { throw .takeFromLibrary() }
        unsafe pointer = made
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }

    func publicKey() throws(CryptographyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Ed25519.publicKeyByteCount)
        var count = bytes.count
        guard unsafe EVP_PKEY_get_raw_public_key(pointer, &bytes, &count) == 1 else {
            throw .takeFromLibrary()
        }
        return bytes
    }

    func signature(of message: Span<UInt8>) throws(CryptographyError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Ed25519.signatureByteCount)
        var count = signature.count
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        // The digest is nil because Ed25519 brings its own.
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, pointer) == 1,
            unsafe message.withUnsafeBufferPointer({ bytes in
                unsafe EVP_DigestSign(context, &signature, &count, bytes.baseAddress, bytes.count)
            }) == 1
        else { throw .takeFromLibrary() }
        return signature
    }

    func isValid(
        _ signature: Span<UInt8>,
        for message: Span<UInt8>
    ) throws(CryptographyError) -> Bool {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, pointer) == 1 else {
            throw .takeFromLibrary()
        }
        let status = unsafe signature.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerify(
                    context,
                    signature.baseAddress,
                    signature.count,
                    message.baseAddress,
                    message.count
                )
            }
        }
        // A bad signature leaves its reason in this thread's error queue, where the next call would
        // take it for its own.
        ERR_clear_error()
        // 1 means valid, 0 invalid, and a negative number an error: never test for "not 0".
        return status == 1
    }
}
