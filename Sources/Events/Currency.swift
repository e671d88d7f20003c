/// An ISO 4217 currency code: three upper-case letters.
public struct Currency: Hashable, Sendable, BitwiseCopyable {
    /// The three letters, the first in the highest of the lower 24 bits.
    let code: UInt32

    /// Takes a code from bits that ``code`` had, or returns `nil`.
    @inline(__always)
    init?(code: UInt32) {
        let letters = code &- 0x41_4141
        let isInRange =
            (letters >> 16) & 0xff < 26 && (letters >> 8) & 0xff < 26 && letters & 0xff < 26
        guard isInRange, code >> 24 == 0 else { return nil }
        self.code = code
    }

    @inline(__always)
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        guard range.count == 3 else { return nil }
        let start = range.lowerBound
        self.init(
            code: UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8
                | UInt32(bytes[start + 2])
        )
    }

    /// Takes a code such as `USD`, or returns `nil` for any other text.
    public init?(_ text: String) {
        let utf8 = Array(text.utf8)
        self.init(utf8.span, 0..<utf8.count)
    }

    /// United States dollars.
    public static let usd = Currency(unchecked: 0x55_5344)

    private init(unchecked code: UInt32) {
        self.code = code
    }

    /// The letters, as ASCII.
    package var letters: (UInt8, UInt8, UInt8) {
        (
            UInt8(truncatingIfNeeded: code >> 16), UInt8(truncatingIfNeeded: code >> 8),
            UInt8(truncatingIfNeeded: code)
        )
    }

    func append(to out: inout [UInt8]) {
        for shift in [UInt32(16), 8, 0] { out.append(UInt8(truncatingIfNeeded: code >> shift)) }
    }
}

extension Currency: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
