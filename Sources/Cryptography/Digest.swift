/// A SHA-256 digest, as it lies in memory.
public struct Digest: Hashable, Sendable, BitwiseCopyable {
    /// The number of bytes of a digest.
    public static let byteCount = 32

    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Thirty-two zero bytes.
    public init() {}

    /// Takes the digest from its 32 bytes, or returns `nil` for any other number of them.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        withMutableBytes { own in
            for index in own.indices { own[index] = bytes[index] }
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
    @inline(__always)
    public func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe withUnsafeBytes(of: words) { own in
            unsafe body(Span(_unsafeElements: own.assumingMemoryBound(to: UInt8.self)))
        }
    }

    /// Lends the 32 bytes to `body`, which may change them.
    @inline(__always)
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

    /// The first eight bytes, most significant first.
    public var prefix: UInt64 { words.0.bigEndian }

    public static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.words == rhs.words
    }

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
