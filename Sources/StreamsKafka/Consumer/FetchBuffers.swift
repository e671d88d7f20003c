import Streams

/// What has been fetched and not yet been read, of all partitions of a member: decides what is
/// buffered, what is dropped, and which partitions pause.
///
/// A partition may hold as much as all of them together leave free, and a floor in any case: one
/// alone takes half of the bound, and many share it. Over that it pauses; below half of it it goes on.
///
/// A broker answers one fetch at a time, and one for partitions that have nothing waits for
/// `fetch.max.wait.ms`: a partition that goes on meanwhile would wait behind it. So while some are
/// paused and all others are read to their ends, those are held too, until one goes on or a moment
/// has passed.
struct FetchBuffers: Sendable {
    enum Taken {
        /// A buffer, and the partitions to resume.
        case buffer(RecordBuffer, resume: [Int])
        case nothing
        case failed(any Error)
        /// The reader's partition is given up, or another reader's.
        case closed
    }

    private enum Flow: Sendable {
        case flowing
        case paused
        /// Has nothing, and does not ask for more while others are paused.
        case held
        /// Somebody has been told to resume it.
        case resuming
    }

    private struct Lane: Sendable {
        let generation: Int
        /// Up to where the buffers reach.
        var next: Int
        var flow = Flow.paused
        var isAtEnd = false
        /// Whether what came first was what was asked for, or came twice.
        var isConfirmed = false
        /// What came first, behind what was asked for.
        var suspect: Int?
        var ready: [RecordBuffer] = []
        var failure: (any Error)?
        var byteCount = 0
    }

    /// A buffer of this many bytes is not filled any further.
    static let bufferBytes = 1 << 20
    /// What each partition may hold whatever the others do, in bytes.
    static let floor = 256 << 10

    /// The bound of all partitions together, in bytes.
    let byteLimit: Int
    /// The most records of one buffer.
    let recordLimit: Int
    private(set) var byteCount = 0
    private var lanes: [Int: Lane] = [:]
    private var empty: [RecordBuffer] = []
    private var lastGeneration = 0

    init(byteLimit: Int, recordLimit: Int) {
        self.byteLimit = byteLimit
        self.recordLimit = recordLimit
    }

    /// Begins a partition anew at `offset`; a reader from before gets nothing more.
    ///
    /// - Returns: The number of the new reader. The partition is yet to be resumed.
    mutating func open(_ partition: Int, from offset: Int) -> Int {
        close(partition)
        lastGeneration += 1
        lanes[partition] = Lane(generation: lastGeneration, next: offset)
        return lastGeneration
    }

    mutating func close(_ partition: Int) {
        guard let lane = lanes.removeValue(forKey: partition) else { return }
        byteCount -= lane.byteCount
    }

    func isOpen(_ partition: Int, _ generation: Int) -> Bool {
        lanes[partition]?.generation == generation
    }

    /// Where to go on fetching, if the partition is to be resumed; it counts as resumed from here on.
    mutating func resume(_ partition: Int) -> Int? {
        guard let lane = lanes[partition], lane.flow != .flowing else { return nil }
        lanes[partition]?.flow = .flowing
        return lane.next
    }

    /// Has a partition begin again where its buffers end; it is to be resumed.
    mutating func restart(_ partition: Int) {
        lanes[partition]?.flow = .paused
    }

    /// Decides about the first that comes for a reader, if it is not what was asked for.
    ///
    /// Offsets in between may hold nothing. It may also be the answer to an older question, and then
    /// records would be passed over: so it has to come twice, the second time after another seek.
    ///
    /// - Parameters:
    ///   - partition: Where it came.
    ///   - offset: Of a record, or of the log's end.
    /// - Returns: Whether it counts, and whether the partition is to be restarted to find out.
    mutating func admitGap(_ partition: Int, to offset: Int) -> (counts: Bool, restarts: Bool) {
        guard let lane = lanes[partition] else { return (false, false) }
        if lane.isConfirmed { return (true, false) }
        guard lane.flow == .flowing else { return (false, false) }
        if lane.suspect == offset {
            lanes[partition]?.isConfirmed = true
            return (true, false)
        }
        lanes[partition]?.suspect = offset
        restart(partition)
        return (false, true)
    }

    /// The buffer that the next records go into, which reaches up to where the last one ended.
    ///
    /// - Returns: `nil` if nobody reads the partition: what comes is dropped.
    mutating func fill(_ partition: Int) -> RecordBuffer? {
        guard var lane = lanes[partition], lane.failure == nil else { return nil }
        if let last = lane.ready.last, !isFull(last) {
            lanes[partition] = nil
            lane.ready.removeLast()
            lane.byteCount -= last.byteCount
            byteCount -= last.byteCount
            lanes[partition] = lane
            return last
        }
        var buffer = empty.popLast() ?? RecordBuffer()
        buffer.clear(at: lane.next)
        return buffer
    }

    func isFull(_ buffer: RecordBuffer) -> Bool {
        buffer.elements.count >= recordLimit || buffer.bytes.count >= Self.bufferBytes
    }

    /// Takes a buffer that has been filled.
    ///
    /// - Returns: Whether there is news for the reader, and which partitions are to be paused.
    mutating func publish(
        _ partition: Int,
        _ buffer: RecordBuffer
    ) -> (isNews: Bool, pauses: [Int]) {
        guard lanes[partition] != nil else { return (false, []) }
        lanes[partition]?.isAtEnd = buffer.isAtEnd
        guard buffer.upper > buffer.lower else {
            recycle(buffer)
            return (false, hold())
        }
        let size = buffer.byteCount
        byteCount += size
        lanes[partition]?.next = buffer.upper
        lanes[partition]?.isConfirmed = true
        lanes[partition]?.byteCount += size
        lanes[partition]?.ready.append(buffer)
        guard let lane = lanes[partition], lane.flow == .flowing, lane.byteCount > bound else {
            return (true, hold())
        }
        lanes[partition]?.flow = .paused
        // The others first: no fetch for them alone may begin in between.
        return (true, hold() + [partition])
    }

    /// Holds those that have nothing, if only they and paused ones are left.
    private mutating func hold() -> [Int] {
        var isAnyPaused = false
        var idle: [Int] = []
        for (partition, lane) in lanes {
            switch lane.flow {
            case .paused: isAnyPaused = true
            case .held: break
            case .flowing where lane.isAtEnd: idle.append(partition)
            case .flowing, .resuming: return []
            }
        }
        guard isAnyPaused else { return [] }
        for partition in idle { lanes[partition]?.flow = .held }
        return idle
    }

    /// The partitions that are held, which is over now: each is to be resumed.
    mutating func endHolding() -> [Int] {
        let held = lanes.filter { $0.value.flow == .held }.keys.sorted()
        for partition in held { lanes[partition]?.flow = .resuming }
        return held
    }

    /// Gives the reader of this generation the oldest buffer in exchange for an empty one.
    mutating func take(
        _ partition: Int,
        _ generation: Int,
        returning emptied: RecordBuffer
    ) -> Taken {
        recycle(emptied)
        guard var lane = lanes[partition], lane.generation == generation else { return .closed }
        guard let first = lane.ready.first else {
            return lane.failure.map { .failed($0) } ?? .nothing
        }
        lanes[partition] = nil
        lane.ready.removeFirst()
        lane.byteCount -= first.byteCount
        byteCount -= first.byteCount
        lanes[partition] = lane
        return .buffer(first, resume: wanted())
    }

    /// Ends the partition once what is buffered has been taken.
    mutating func fail(_ partition: Int, _ error: any Error) {
        if lanes[partition]?.failure == nil { lanes[partition]?.failure = error }
    }

    /// Ends all partitions once what is buffered has been taken.
    mutating func failAll(_ error: any Error) {
        for partition in lanes.keys { fail(partition, error) }
    }

    /// Where the partition's buffers end, for messages about it.
    func position(of partition: Int) -> Int? { lanes[partition]?.next }

    private var bound: Int { max(Self.floor, byteLimit - byteCount) }

    private mutating func wanted() -> [Int] {
        let low = bound / 2
        var wanted: [Int] = []
        for (partition, lane) in lanes where lane.flow == .paused && lane.byteCount <= low {
            wanted.append(partition)
        }
        if wanted.isEmpty { return [] }
        for partition in wanted { lanes[partition]?.flow = .resuming }
        return wanted.sorted() + endHolding()
    }

    private mutating func recycle(_ buffer: RecordBuffer) {
        if empty.count < 8, buffer.bytes.capacity > 0 { empty.append(buffer) }
    }
}
