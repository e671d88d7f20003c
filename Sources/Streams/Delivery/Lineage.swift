/// The source offsets that a chunk stands for, few and contiguous per partition.
public struct Lineage: Equatable, Sendable {
    @usableFromInline var storage: [OffsetRange]

    @inlinable
    public init(_ ranges: [OffsetRange] = []) {
        storage = ranges
    }

    @inlinable public var ranges: [OffsetRange] { storage }

    @inlinable public var isEmpty: Bool { storage.isEmpty }

    /// The first offset of `partition` that is not covered, or `nil` if the partition is unknown.
    public func upperBound(of partition: Int) -> Int? {
        storage.last { $0.partition == partition }?.upper
    }

    /// Adds `range`, joining it to one that ends where it begins.
    public mutating func add(_ range: OffsetRange) {
        let joined = storage.firstIndex {
            $0.partition == range.partition && $0.upper == range.lower
        }
        if let joined {
            storage[joined].upper = range.upper
        } else {
            storage.append(range)
        }
    }

    /// Adds every range of `other`.
    public mutating func add(_ other: Lineage) {
        if storage.isEmpty { return storage = other.storage }
        for range in other.storage { add(range) }
    }
}
