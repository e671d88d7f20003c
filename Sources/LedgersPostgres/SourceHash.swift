private import Glibc

import Cryptography

/// A hash over what stands beside the bytes of a batch's entries: where their records came from.
///
/// The tree covers the payloads, and the derived columns follow from these. Offset, sequence and
/// producer follow from nothing, so each checkpoint has a SHA-256 over those of its batch, chained
/// to that of the checkpoint before. Two sums beside it find the row if it is one that has changed:
/// the first changes by some d, the second by d times the row's place from the end.
///
/// A value is used for one batch, entry by entry; it allocates nothing for an entry.
struct SourceHash {
    /// What a checkpoint keeps.
    struct Result: Equatable {
        var hash: Digest
        var sum: Int
        var moment: Int
    }

    /// How many bytes are collected before they are hashed.
    private static let pieceSize = 4_096
    /// A prime, 2^61 - 1: the sums are taken modulo it.
    private static let prime: UInt64 = (1 << 61) - 1

    private var stream = SHA256.Stream()
    private var buffer: [UInt8] = []
    private var producer: [UInt8] = []
    private var producerHash: UInt64 = 0
    private var sum: UInt64 = 0
    private var moment: UInt64 = 0
    private(set) var count = 0

    /// Begins a batch.
    ///
    /// - Parameters:
    ///   - previous: The hash of the checkpoint before, or zero bytes for the first.
    ///   - partition: The log's.
    ///   - firstIndex: The index of the first entry.
    init(after previous: Digest, partition: Int, firstIndex: Int) {
        buffer.reserveCapacity(Self.pieceSize + 64)
        previous.append(to: &buffer)
        RowHash.append(partition, to: &buffer)
        RowHash.append(firstIndex, to: &buffer)
    }

    /// Takes the next entry.
    ///
    /// - Parameters:
    ///   - offset: Not negative.
    ///   - sequence: -1 for none.
    ///   - name: The producer; no bytes for none.
    @inline(__always)
    mutating func add(offset: Int, sequence: Int, producer name: Span<UInt8>) {
        let place = UInt64(bitPattern: Int64(offset))
        let number = UInt64(bitPattern: Int64(sequence))
        if isProducer(name) {
            put((place.bigEndian, number.bigEndian))
        } else {
            // The topmost bit, which no offset has, says that a producer's name comes.
            put((place | 1 << 63).bigEndian)
            begin(name)
            put(number.bigEndian)
        }
        if buffer.count >= Self.pieceSize { hash() }
        let mixed = Self.mix(
            UInt64(bitPattern: Int64(offset)) &* 0x9e37_79b9_7f4a_7c15
                ^ UInt64(bitPattern: Int64(sequence)) &* 0xc2b2_ae3d_27d4_eb4f ^ producerHash
        )
        sum = Self.add(sum, mixed)
        moment = Self.add(moment, sum)
        count += 1
    }

    /// What the checkpoint over the batch keeps.
    func finish() -> Result {
        var rest = buffer
        RowHash.append(-1, to: &rest)
        RowHash.append(count, to: &rest)
        var last = stream
        last.update(rest.span)
        return Result(hash: last.digest(), sum: Int(sum), moment: Int(moment))
    }

    /// Finds the one entry that was changed.
    ///
    /// - Parameters:
    ///   - stored: What the checkpoint has.
    ///   - found: What the rows have now.
    ///   - count: The number of entries.
    /// - Returns: Its place in the batch, or `nil` if it was not one.
    static func changedPlace(stored: Result, found: Result, count: Int) -> Int? {
        let change = subtract(UInt64(bitPattern: Int64(found.sum)), stored.sum)
        let weighted = subtract(UInt64(bitPattern: Int64(found.moment)), stored.moment)
        guard change != 0 else { return nil }
        let fromEnd = multiply(weighted, power(change, prime - 2))
        guard fromEnd >= 1, fromEnd <= UInt64(count) else { return nil }
        return count - Int(fromEnd)
    }

    // MARK: Bytes

    @inline(__always)
    private mutating func put<Value: BitwiseCopyable>(_ value: Value) {
        unsafe withUnsafeBytes(of: value) { unsafe buffer.append(contentsOf: $0) }
    }

    @inline(__always)
    private func isProducer(_ name: Span<UInt8>) -> Bool {
        guard name.count == producer.count else { return false }
        return unsafe name.withUnsafeBytes { name in
            unsafe producer.withUnsafeBytes { own in
                guard let name = name.baseAddress, let own = own.baseAddress else { return true }
                return unsafe memcmp(name, own, producer.count) == 0
            }
        }
    }

    private mutating func begin(_ name: Span<UInt8>) {
        producer.removeAll(keepingCapacity: true)
        unsafe name.withUnsafeBufferPointer { unsafe producer.append(contentsOf: $0) }
        producerHash = 0xcbf2_9ce4_8422_2325
        for byte in producer { producerHash = (producerHash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        RowHash.append(producer.count, to: &buffer)
        buffer += producer
    }

    private mutating func hash() {
        // Taken out for as long as it is lent.
        var piece: [UInt8] = []
        swap(&piece, &buffer)
        stream.update(piece.span)
        piece.removeAll(keepingCapacity: true)
        swap(&piece, &buffer)
    }

    // MARK: Numbers modulo the prime

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ value >> 32) &* 0xd6e8_feb8_6659_fd93
        value = (value ^ value >> 32) &* 0xd6e8_feb8_6659_fd93
        return reduce(value ^ value >> 32)
    }

    @inline(__always)
    private static func reduce(_ value: UInt64) -> UInt64 {
        let folded = (value & prime) + (value >> 61)
        return folded >= prime ? folded - prime : folded
    }

    @inline(__always)
    private static func add(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let sum = left + right
        return sum >= prime ? sum - prime : sum
    }

    private static func subtract(_ left: UInt64, _ right: Int) -> UInt64 {
        add(reduce(left), prime - reduce(UInt64(bitPattern: Int64(right))))
    }

    private static func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return add(product.low & prime, reduce(product.high << 3 | product.low >> 61))
    }

    private static func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
        var (result, square, rest) = (UInt64(1), base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = multiply(result, square) }
            square = multiply(square, square)
            rest >>= 1
        }
        return result
    }
}
