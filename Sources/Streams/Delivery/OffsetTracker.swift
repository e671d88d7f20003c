/// Notices up to which offset of one partition everything delivered is done.
///
/// "Up to" is meant in the order of delivery: an offset is never passed while one delivered before
/// it is unfinished or has failed, and an offset that is never delivered (compacted, a marker, an
/// aborted transaction) is passed together with what comes after it. A delivery may go to several
/// branches; it is done when all have answered, and the worst answer counts.
///
/// Pure and bounded: it holds at most as many deliveries as it was told.
public struct OffsetTracker: Sendable {
    /// Names one delivery; what belongs to a time before ``rewind()`` is ignored.
    public struct Delivery: Hashable, Sendable {
        fileprivate let number: Int
    }

    private struct Entry {
        var range: OffsetRange
        var branchesLeft: Int
        var outcome: DeliveryOutcome
    }

    /// Offsets below this are done; what a cursor may be moved to.
    public private(set) var position: Int
    /// The partition whose offsets these are.
    public let partition: Int
    /// The most deliveries under way.
    public let limit: Int

    /// The delivery at ``head`` has number ``firstNumber``.
    private var entries: [Entry] = []
    private var head = 0
    private var firstNumber = 0

    /// Begins where everything below `position` is done.
    public init(partition: Int, position: Int, limit: Int = 1_024) {
        precondition(limit > 0, "a tracker of nothing lets nothing pass")
        self.partition = partition
        self.position = position
        self.limit = limit
    }

    /// How many deliveries are not yet passed.
    public var count: Int { entries.count - head }

    /// Whether nothing more may be delivered until something is done.
    public var isFull: Bool { count >= limit }

    /// The first delivery that failed: what was delivered from there on must be read again.
    public var firstFailure: OffsetRange? {
        entries[head...].first { $0.outcome == .failed }?.range
    }

    /// Takes note that `range` goes to `branches` branches.
    ///
    /// - Returns: What the branches answer with, or `nil` if the tracker is full or the range
    ///   begins before the end of one delivered earlier.
    public mutating func deliver(_ range: OffsetRange, branches: Int = 1) -> Delivery? {
        precondition(branches > 0, "a delivery to nobody is never done")
        guard !isFull, range.partition == partition, range.lower >= end else { return nil }
        entries.append(Entry(range: range, branchesLeft: branches, outcome: .done))
        return Delivery(number: firstNumber + count - 1)
    }

    /// Takes one branch's answer.
    ///
    /// Answers beyond the number of branches, and those to deliveries that are over, are ignored.
    ///
    /// - Returns: The offsets that are done now and were not before, or `nil`.
    public mutating func answer(
        _ delivery: Delivery,
        _ outcome: DeliveryOutcome = .done
    ) -> OffsetRange? {
        let index = head + delivery.number - firstNumber
        guard index >= head, index < entries.count, entries[index].branchesLeft > 0 else {
            return nil
        }
        entries[index].branchesLeft -= 1
        entries[index].outcome = max(entries[index].outcome, outcome)
        return pass()
    }

    /// Forgets everything under way, so that it can be read and delivered again.
    ///
    /// - Returns: Where to read from.
    public mutating func rewind() -> Int {
        firstNumber += count
        entries.removeAll(keepingCapacity: true)
        head = 0
        return position
    }

    /// Where the next delivery may begin.
    private var end: Int { entries.last?.range.upper ?? position }

    private mutating func pass() -> OffsetRange? {
        let from = position
        while head < entries.count, entries[head].branchesLeft == 0,
            entries[head].outcome != .failed
        {
            position = entries[head].range.upper
            head += 1
            firstNumber += 1
        }
        if head > 64, head * 2 > entries.count {
            entries.removeSubrange(..<head)
            head = 0
        }
        guard position > from else { return nil }
        return OffsetRange(partition: partition, lower: from, upper: position)
    }
}

/// How a branch has ended with a delivery, from best to worst.
public enum DeliveryOutcome: Int, Comparable, Sendable {
    /// Its effects are durable.
    case done
    /// It can never succeed, and is kept where such things are kept: passed like one that is done.
    case deadLettered
    /// It has no effect, and holds up everything after it.
    case failed

    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}
