/// Takes integers, texts and bytes from the front of bytes that may be anything.
///
/// Every read returns `nil` once the bytes do not suffice.
package struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    package init(_ bytes: [UInt8]) {
        self.init(bytes[...])
    }

    package var isAtEnd: Bool { position == bytes.endIndex }

    package mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= bytes.endIndex - position else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    package mutating func integer<T: FixedWidthInteger>(_: T.Type) -> T? {
        bytes(MemoryLayout<T>.size)?.reversed().reduce(into: T.zero) { value, byte in
            value = value << 8 | T(truncatingIfNeeded: byte)
        }
    }

    /// A number that fits into `Int` and is not negative.
    package mutating func number<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) -> Int? {
        integer(T.self).flatMap { Int(exactly: $0) }
    }

    /// A count of at most half of what fits into `Int`, so that the sum of two fits, too.
    package mutating func count<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) -> Int? {
        number(T.self).flatMap { $0 <= .max / 2 ? $0 : nil }
    }

    /// Bytes behind their length in 32 bits.
    package mutating func string() -> [UInt8]? {
        guard let count = count(UInt32.self), let found = bytes(count) else { return nil }
        return Array(found)
    }

    /// A text in UTF-8 behind its length in 32 bits.
    package mutating func text() -> String? {
        string().flatMap { String(validating: $0, as: UTF8.self) }
    }
}

extension [UInt8] {
    /// Appends `bytes` behind their length in 32 bits.
    package mutating func appendString(_ bytes: some Collection<UInt8>) {
        appendInteger(UInt32(bytes.count))
        append(contentsOf: bytes)
    }
}
