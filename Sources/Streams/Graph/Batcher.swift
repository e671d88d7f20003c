/// Collects the elements of one lane into batches.
@usableFromInline
final class Batcher<Element: Sendable> {
    @usableFromInline let limits: BatchLimits
    @usableFromInline let size: (@Sendable (Element) -> Int)?
    @usableFromInline let next: Port<Batch<Element>>
    @usableFromInline let timers: Timers
    @usableFromInline var timer = 0
    @usableFromInline var parts: [Chunk<Element>] = []
    @usableFromInline var count = 0
    @usableFromInline var bytes = 0
    /// What the batch keeps alive.
    @usableFromInline var heldBytes = 0
    @usableFromInline var notes = Notes.none
    /// Whether what came last is not covered by lineage yet.
    @usableFromInline var isInsideChunk = false
    /// Whether the time was up inside a chunk.
    @usableFromInline var isOverdue = false
    /// Whether the batch fills fast, and so waits for longer.
    @usableFromInline var isBusy = false

    @inlinable
    init(
        _ limits: BatchLimits,
        size: (@Sendable (Element) -> Int)?,
        timers: Timers,
        next: Port<Batch<Element>>
    ) {
        self.limits = limits
        self.size = size
        self.timers = timers
        self.next = next
        timer = timers.add { [unowned self] in try timeIsUp() }
    }

    @inlinable
    func take(_ input: Span<Element>, _ arena: [UInt8], _ inputNotes: Notes) throws {
        if isEmpty, !input.isEmpty || !inputNotes.isEmpty { arm() }
        var start = 0
        while start < input.count {
            if isEmpty { arm() }
            let end = endOfBatch(input, from: start)
            append(input.extracting(start..<end), arena)
            start = end
            if start < input.count { try flush(reasonWhenFull) }
        }
        if !inputNotes.isEmpty { add(inputNotes) }
        if !input.isEmpty || !inputNotes.isEmpty { isInsideChunk = inputNotes.lineage.isEmpty }
        if isFull && !(limits.wholeChunks && isInsideChunk) {
            try flush(reasonWhenFull)
        } else if isOverdue && !isInsideChunk {
            try flush(.elapsed)
        } else if !limits.wholeChunks && count == 0 && notes.rejections.isEmpty && !notes.isEmpty {
            timers.disarm(timer)
            try passNotes()
        }
    }

    @inlinable
    func finish() throws {
        if !isEmpty { try flush(.end) }
        try next.finish()
    }

    @inlinable
    func timeIsUp() throws {
        if let later = limits.elapsedWhenBusy, let elapsed = limits.elapsed, later > elapsed,
            !isBusy, isFillingFast
        {
            isBusy = true
            timers.arm(timer, after: later - elapsed)
        } else if limits.wholeChunks && isInsideChunk {
            isOverdue = true
        } else {
            try flush(.elapsed)
        }
    }

    @inlinable
    func add(_ inputNotes: Notes) {
        notes.add(inputNotes)
        for rejection in inputNotes.rejections { heldBytes += rejection.bytes.count }
    }

    @inlinable var isEmpty: Bool { count == 0 && notes.isEmpty }

    @inlinable var isFull: Bool {
        count >= limits.count || isHeavy || notes.rejections.count >= limits.count
    }

    @inlinable var isFillingFast: Bool {
        count >= max(64, limits.count / 64) || bytes >= max(64 << 10, limits.bytes / 64)
    }

    @inlinable var isHeavy: Bool { bytes >= limits.bytes || heldBytes >= limits.heldBytes }

    @inlinable var reasonWhenFull: BatchReason { isHeavy ? .bytes : .count }

    @inlinable
    func arm() {
        if let elapsed = limits.elapsed { timers.arm(timer, after: elapsed) }
    }

    @inlinable
    func append(_ input: Span<Element>, _ arena: [UInt8]) {
        count += input.count
        heldBytes += input.count * MemoryLayout<Element>.stride
        if let last = parts.indices.last, isSameArena(parts[last].bytes, arena) {
            parts[last].elements.append(copying: input)
        } else {
            var part = Chunk<Element>(bytes: arena)
            part.elements.reserveCapacity(input.count)
            part.elements.append(copying: input)
            parts.append(part)
            heldBytes += arena.count
        }
    }

    /// The index after the last element of `input` that still belongs to this batch.
    @inlinable
    func endOfBatch(_ input: Span<Element>, from start: Int) -> Int {
        let room = limits.wholeChunks ? .max : limits.count - count
        let end = start + min(room, input.count - start)
        if limits.bytes == .max { return end }
        for index in start..<end {
            bytes += size?(input[index]) ?? MemoryLayout<Element>.stride
            if bytes >= limits.bytes && !limits.wholeChunks { return index + 1 }
        }
        return end
    }

    @inlinable
    func flush(_ reason: BatchReason) throws {
        timers.disarm(timer)
        let batch = Batch(
            parts: parts,
            reason: reason,
            lineage: notes.lineage,
            rejections: notes.rejections
        )
        let sent = Notes(lineage: notes.lineage)
        parts = []
        count = 0
        bytes = 0
        heldBytes = 0
        isOverdue = false
        isBusy = false
        notes = .none
        try next.push([batch].span, [], sent)
    }

    @inlinable
    func passNotes() throws {
        let sent = notes
        notes = .none
        try next.push(sent)
    }
}
