extension [UInt8] {
    /// Appends the bytes of `value`, the lowest first.
    package mutating func appendInteger<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
    }

    /// Puts the bytes of `value`, the lowest first, at `offset`.
    package mutating func replaceInteger<T: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        with value: T
    ) {
        precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count, "outside of the bytes")
        unsafe withUnsafeMutableBytes { buffer in
            unsafe buffer.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
        }
    }
}

extension Span<UInt8> {
    /// The integer whose lowest byte lies at `offset`, which must be inside.
    @inline(__always)
    package func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as: T.Type) -> T {
        unsafe T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
