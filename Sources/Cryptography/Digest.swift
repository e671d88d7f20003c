/// A SHA-256 digest, as it lies in memory.
public struct Digest: Hashable, Sendable, BitwiseCopyable {
    /// The number of bytes of a digest.
    public static let byteCount = 32

    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Thirty-two zero bytes.
    @inlinable
    public init() {}

    /// Takes the digest from its 32 bytes, or returns `nil` for any other number of them.
    @inlinable
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyMemory(from: bytes) }
        }
    }

    /// The 32 bytes, copied.
    public var bytes: [UInt8] {
        withBytes { own in
            var copy: [UInt8] = []
            copy.reserveCapacity(Self.byteCount)
            for index in own.indices { copy.append(own[index]) }
            return copy
        }
    }

    /// Lends the 32 bytes to `body`.
    @inlinable @inline(__always)
    public func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe withUnsafeBytes(of: words) { own in
            unsafe body(Span(_unsafeElements: own.assumingMemoryBound(to: UInt8.self)))
        }
    }

    /// Lends the 32 bytes to `body`, which may change them.
    @inlinable @inline(__always)
    public mutating func withMutableBytes<Result>(
        _ body: (inout MutableSpan<UInt8>) -> Result
    ) -> Result {
        unsafe withUnsafeMutableBytes(of: &words) { own in
            var span = unsafe MutableSpan(
                _unsafeElements: own.assumingMemoryBound(to: UInt8.self)
            )
            return body(&span)
        }
    }

    /// Appends the 32 bytes to `bytes`.
    @inlinable
    public func append(to bytes: inout [UInt8]) {
        unsafe withUnsafeBytes(of: words) { unsafe bytes.append(contentsOf: $0) }
    }

    /// The first eight bytes, most significant first.
    @inlinable
    public var prefix: UInt64 { words.0.bigEndian }

    /// The first sixteen bytes, most significant first.
    public var firstHalf: (UInt64, UInt64) { (words.0.bigEndian, words.1.bigEndian) }

    @inlinable
    public static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.words == rhs.words
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

extension Digest: CustomStringConvertible {
    /// Sixty-four lower-case hexadecimal digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }
}

extension Digest {
    /// The number of characters of a digest in base64.
    public static let base64Count = 44

    /// The 44 characters of base64, with padding.
    public var base64: String {
        withBytes { Base64.encode($0) }
    }

    /// Takes the digest from its 44 characters of canonical base64, or returns `nil`.
    public init?(base64: some StringProtocol) {
        guard base64.utf8.count == Self.base64Count, let bytes = Base64.decode(base64) else {
            return nil
        }
        self.init(bytes.span)
    }

    /// Takes the digest from its 44 characters of canonical base64 in ASCII, or returns `nil`.
    public init?(base64 text: Span<UInt8>) {
        guard text.count == Self.base64Count, let bytes = Base64.decode(text) else { return nil }
        self.init(bytes.span)
    }
}
