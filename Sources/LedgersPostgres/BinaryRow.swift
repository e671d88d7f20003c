private import Glibc

import Events

/// Writes one row after another as a binary COPY takes them, from a place in memory on.
///
/// Lives on the stack while a row is written: a property of a class would be read and written again
/// for every byte.
@safe struct BinaryRow {
    private let start: UnsafeMutableRawPointer
    private var end: UnsafeMutableRawPointer

    /// Begins at `start`; whoever writes sees that there is room.
    @unsafe init(at start: UnsafeMutableRawPointer) {
        unsafe self.start = start
        unsafe end = start
    }

    /// How many bytes have been written.
    var count: Int { unsafe end - start }

    @inline(__always)
    mutating func put<Integer: FixedWidthInteger>(_ value: Integer) {
        unsafe end.storeBytes(of: value.bigEndian, as: Integer.self)
        unsafe end += MemoryLayout<Integer>.size
    }

    @inline(__always)
    mutating func putNull() {
        put(Int32(-1))
    }

    @inline(__always)
    mutating func put(field value: Int) {
        put(Int32(8))
        put(Int64(value))
    }

    @inline(__always)
    mutating func put(name: StaticString) {
        put(Int32(truncatingIfNeeded: name.utf8CodeUnitCount))
        unsafe memcpy(end, name.utf8Start, name.utf8CodeUnitCount)
        unsafe end += name.utf8CodeUnitCount
    }

    @inline(__always)
    mutating func put(currency: Currency) {
        let code = currency.letters
        put(Int32(3))
        put(code.0)
        put(code.1)
        put(code.2)
    }

    @inline(__always)
    mutating func put(bytes: Span<UInt8>) {
        put(Int32(truncatingIfNeeded: bytes.count))
        unsafe bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            unsafe memcpy(end, base, source.count)
        }
        unsafe end += bytes.count
    }

    /// A text, with U+FFFD for every U+0000.
    @inline(__always)
    mutating func put(text: Span<UInt8>) {
        let hasNull = unsafe text.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return false }
            return unsafe memchr(base, 0, source.count) != nil
        }
        if hasNull { put(replacingNulls: text) } else { put(bytes: text) }
    }

    private mutating func put(replacingNulls text: Span<UInt8>) {
        let length = unsafe end
        put(Int32(0))
        for index in text.indices {
            if text[index] != 0 {
                put(text[index])
            } else {
                for byte in [0xef, 0xbf, 0xbd] as [UInt8] { put(byte) }
            }
        }
        let count = unsafe Int32(truncatingIfNeeded: end - length - 4)
        unsafe length.storeBytes(of: count.bigEndian, as: Int32.self)
    }
}
