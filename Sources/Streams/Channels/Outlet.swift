/// The near end of an edge: fills chunks, and sends lumps of them as far as credit reaches.
///
/// A chunk has one arena, so one that is being filled is closed when the arena changes.
@usableFromInline
final class Outlet<Element: Sendable> {
    @usableFromInline let edge: Edge<Element>
    @usableFromInline let slot: Int
    @usableFromInline let assembly: Assembly
    @usableFromInline var credits: AsyncStream<Credit<Element>>.Iterator
    @usableFromInline var filling = Chunk<Element>()
    /// The bytes of the arena of ``filling``; none, if the chunk before has counted them.
    @usableFromInline var arenaBytes = 0
    @usableFromInline var lastArena: [UInt8] = []
    @usableFromInline var ready: [Parcel<Element>] = []
    @usableFromInline var readyElements = 0
    @usableFromInline var readyBytes = 0
    @usableFromInline var buffers: [[Element]] = []
    @usableFromInline var elementsUsed = 0
    @usableFromInline var bytesUsed = 0
    @usableFromInline var isFinished = false

    @inlinable
    init(_ edge: Edge<Element>, slot: Int, _ assembly: Assembly) {
        self.edge = edge
        self.slot = slot
        self.assembly = assembly
        credits = edge.credits[slot].makeAsyncIterator()
    }

    @inlinable
    func push(_ input: Span<Element>, _ arena: [UInt8], _ notes: Notes) {
        let chunk = edge.window.chunk
        if !input.isEmpty { begin(arena) }
        var start = 0
        while start < input.count {
            let end = min(input.count, start + chunk - filling.elements.count)
            filling.elements.append(copying: input.extracting(start..<end))
            start = end
            if filling.elements.count == chunk && start < input.count {
                close()
                begin(arena)
            }
        }
        filling.notes.add(notes)
        // A chunk ends where one of the source does: what lies between two ends stands for exactly
        // the offsets that its notes name, and is one turn where lanes take turns.
        if !notes.lineage.isEmpty || filling.elements.count == chunk { close() }
    }

    /// Makes ``filling`` a chunk over `arena`.
    @inlinable
    func begin(_ arena: [UInt8]) {
        if !filling.elements.isEmpty {
            if isSameArena(filling.bytes, arena) { return }
            close()
        }
        filling.bytes = arena
        arenaBytes = isSameArena(lastArena, arena) ? 0 : arena.count
        lastArena = arena
    }

    @inlinable
    func close() {
        // Few elements, or notes alone, take room too: else a lane that gets none of the elements
        // would have any number of chunks under way.
        let elements = max(filling.elements.count, edge.window.leastOfChunk)
        let bytes = bytesOfFilling
        readyElements += elements
        readyBytes += bytes
        ready.append(Parcel(filling, elements: elements, bytes: bytes))
        filling = Chunk(elements: buffers.popLast() ?? [])
        filling.elements.reserveCapacity(edge.window.chunk)
        arenaBytes = 0
        if isDue { assembly.isDue = true }
    }

    @inlinable var bytesOfFilling: Int {
        var bytes = arenaBytes + filling.elements.count * MemoryLayout<Element>.stride
        for rejection in filling.notes.rejections { bytes += rejection.bytes.count }
        if let weigh = edge.weigh {
            for element in filling.elements { bytes += weigh(element) }
        }
        return bytes
    }

    @inlinable var isDue: Bool {
        readyElements >= edge.window.lump || readyBytes >= edge.window.bytes / 4
    }

    /// Sends what can be sent at once, even if it makes no full lump.
    @inlinable
    func sendWithoutWaiting() {
        if !filling.elements.isEmpty || !filling.notes.isEmpty { close() }
        sendWhatFits()
        // An arena that nobody fills chunks over any more must not be kept from its owner.
        if ready.isEmpty { lastArena = [] }
    }

    @inlinable
    func sendWhatFits() {
        var fitting = 0
        while fitting < ready.count {
            let (elements, bytes) = (ready[fitting].elements, ready[fitting].bytes)
            guard hasRoom(elements, bytes) else { break }
            elementsUsed += elements
            bytesUsed += bytes
            readyElements -= elements
            readyBytes -= bytes
            fitting += 1
        }
        guard fitting > 0 else { return }
        var parcels: [Parcel<Element>] = []
        if fitting == ready.count {
            swap(&parcels, &ready)
        } else {
            parcels = Array(ready[..<fitting])
            ready.removeFirst(fitting)
        }
        edge.send(Mail(.chunks, slot: slot, parcels))
    }

    /// A chunk larger than the whole window may go if nothing else is under way.
    @inlinable
    func hasRoom(_ elements: Int, _ bytes: Int) -> Bool {
        elementsUsed == 0 && bytesUsed == 0
            || elementsUsed + elements <= edge.window.elements
                && bytesUsed + bytes <= edge.window.bytes
    }

    /// Sends full lumps, or `everything`, waiting for credit where it must.
    @inlinable
    func drain(everything: Bool) async throws {
        if everything {
            sendWithoutWaiting()
        } else if isDue {
            sendWhatFits()
        } else {
            return
        }
        while !ready.isEmpty {
            assembly.sendWithoutWaiting()
            if ready.isEmpty { break }
            guard let credit = await credits.next(isolation: #isolation) else {
                throw CancellationError()
            }
            elementsUsed -= credit.elements
            bytesUsed -= credit.bytes
            buffers.append(contentsOf: credit.buffers)
            sendWhatFits()
        }
        if everything && isFinished {
            isFinished = false
            edge.send(Mail(.finished, slot: slot))
        }
    }
}
