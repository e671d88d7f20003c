/// Merges lanes by offset, as far as the slowest lane has come.
///
/// Elements of different arenas go on in chunks of their own, since a chunk has one arena.
@usableFromInline
final class Sequencer<Element: Sendable> {
    @usableFromInline
    struct Lane {
        @usableFromInline var elements: [Element] = []
        /// The arenas of ``elements``, each with the index after the last element that it serves.
        @usableFromInline var arenas: [(bytes: [UInt8], end: Int)] = []
        @usableFromInline var head = 0
        /// Every later element of the lane has at least this offset.
        @usableFromInline var bound = Int.min

        @inlinable
        init() {}

        @inlinable
        mutating func append(_ input: Span<Element>, _ arena: [UInt8]) {
            if input.isEmpty { return }
            elements.append(copying: input)
            if let last = arenas.indices.last, isSameArena(arenas[last].bytes, arena) {
                arenas[last].end = elements.count
            } else {
                arenas.append((arena, elements.count))
            }
        }

        /// The arena of the element at ``head``.
        @inlinable
        mutating func arenaOfHead() -> [UInt8] {
            while let first = arenas.first, first.end <= head { arenas.removeFirst() }
            return arenas.first?.bytes ?? []
        }

        /// Forgets what has been handed on.
        @inlinable
        mutating func trim() {
            elements.removeSubrange(..<head)
            arenas.removeAll { $0.end <= head }
            for index in arenas.indices { arenas[index].end -= head }
            head = 0
        }
    }

    @usableFromInline let offset: @Sendable (Element) -> Int
    @usableFromInline let next: Port<Element>
    @usableFromInline var lanes: [Lane]
    @usableFromInline var open: Int
    @usableFromInline let progress: LaneProgress
    @usableFromInline var notes = Notes.none
    @usableFromInline var spare: [Element] = []

    @inlinable
    init(lanes: Int, offset: @escaping @Sendable (Element) -> Int, next: Port<Element>) {
        self.lanes = Array(repeating: Lane(), count: lanes)
        self.offset = offset
        self.next = next
        open = lanes
        progress = LaneProgress(lanes: lanes)
    }

    @inlinable
    func take(
        _ input: Span<Element>,
        _ arena: [UInt8],
        _ inputNotes: Notes,
        of lane: Int
    ) throws {
        lanes[lane].append(input, arena)
        for range in inputNotes.lineage.ranges {
            lanes[lane].bound = max(lanes[lane].bound, range.upper)
        }
        notes.add(progress.settle(inputNotes, of: lane))
        if !inputNotes.isEmpty { try release() }
    }

    @inlinable
    func finish(_ lane: Int) throws {
        lanes[lane].bound = .max
        open -= 1
        notes.add(progress.finish(lane))
        try release()
        if open == 0 { try next.finish() }
    }

    /// Hands on every element that nothing can precede any more.
    @inlinable
    func release() throws {
        let bound = lanes.reduce(Int.max) { min($0, $1.bound) }
        var output: [Element] = []
        var arena: [UInt8] = []
        swap(&spare, &output)
        while let lane = earliestLane(before: bound) {
            let bytes = lanes[lane].arenaOfHead()
            if !isSameArena(bytes, arena) {
                if !output.isEmpty { try next.push(output.span, arena, .none) }
                output.removeAll(keepingCapacity: true)
                arena = bytes
            }
            output.append(lanes[lane].elements[lanes[lane].head])
            lanes[lane].head += 1
        }
        for lane in lanes.indices { lanes[lane].trim() }
        let settled = notes
        notes = .none
        if !output.isEmpty || !settled.isEmpty { try next.push(output.span, arena, settled) }
        output.removeAll(keepingCapacity: true)
        swap(&spare, &output)
    }

    @inlinable
    func earliestLane(before bound: Int) -> Int? {
        var best: Int?
        var bestOffset = bound
        for lane in lanes.indices where lanes[lane].head < lanes[lane].elements.count {
            let offset = offset(lanes[lane].elements[lanes[lane].head])
            if offset < bestOffset { (best, bestOffset) = (lane, offset) }
        }
        return best
    }
}
