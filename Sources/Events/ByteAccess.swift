extension Span<UInt8> {
    /// Eight bytes, the first the lowest of the word; the caller has seen that they are there.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            .littleEndian
    }

    /// One byte; the caller has seen that it is there.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 { unsafe self[unchecked: offset] }

    @inline(__always)
    func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int,
        as type: Number.Type
    ) -> Number {
        Number(
            bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self)
        )
    }

    /// Whether the bytes of two ranges are equal; the second is of `other`.
    func equals(_ range: Range<Int>, _ other: Span<UInt8>, _ otherRange: Range<Int>) -> Bool {
        range.count == otherRange.count && order(range, other, otherRange) == 0
    }

    /// Below, at or above 0 as the bytes of `range` come before, equal or after those of `other`.
    func order(_ range: Range<Int>, _ other: Span<UInt8>, _ otherRange: Range<Int>) -> Int {
        let common = Swift.min(range.count, otherRange.count)
        let (own, their) = (range.lowerBound, otherRange.lowerBound)
        var index = 0
        while index + 8 <= common {
            let mine = bigEndian(at: own + index, as: UInt64.self)
            let yours = other.bigEndian(at: their + index, as: UInt64.self)
            if mine != yours { return mine < yours ? -1 : 1 }
            index += 8
        }
        while index < common {
            let (mine, yours) = (self[own + index], other[their + index])
            if mine != yours { return mine < yours ? -1 : 1 }
            index += 1
        }
        return range.count - otherRange.count
    }

    /// The bytes of `range` as text; the caller has seen that they are UTF-8.
    func text(_ range: Range<Int>) -> String {
        unsafe extracting(range).withUnsafeBufferPointer {
            unsafe String(decoding: $0, as: UTF8.self)
        }
    }

    /// Where in `range` the first byte is that does not belong to UTF-8, or `nil` if all does.
    @inline(__always)
    func invalidUTF8(_ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index + 8 <= range.upperBound {
            if word(at: index) & 0x8080_8080_8080_8080 != 0 { return invalidUTF8Slowly(range) }
            index += 8
        }
        while index < range.upperBound {
            if self[index] >= 0x80 { return invalidUTF8Slowly(range) }
            index += 1
        }
        return nil
    }

    @inline(never)
    private func invalidUTF8Slowly(_ range: Range<Int>) -> Int? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: extracting(range))
            return nil
        } catch {
            return range.lowerBound + error.byteOffsets.lowerBound
        }
    }
}

extension OutputSpan<UInt8> {
    /// Appends the bytes of `number`, the highest first.
    @inline(__always)
    mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(bigEndian number: Number) {
        let size = MemoryLayout<Number>.size
        precondition(freeCapacity >= size, "the room was counted beforehand")
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            unsafe UnsafeMutableRawBufferPointer(buffer)
                .storeBytes(of: number.bigEndian, toByteOffset: count, as: Number.self)
            count += size
        }
    }

    /// Appends the bytes of `range`.
    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        precondition(freeCapacity >= range.count, "the room was counted beforehand")
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            unsafe bytes.extracting(range).withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]
                )
                .copyMemory(from: source)
            }
            count += range.count
        }
    }

    /// Appends the length of `range`, at most 65,535, and its bytes.
    @inline(__always)
    mutating func append(text bytes: Span<UInt8>, _ range: Range<Int>) {
        append(bigEndian: UInt16(range.count))
        append(bytes, range)
    }
}
