/// The far end of an edge: takes turns, pushes chunks on, and gives credit back in lumps.
@usableFromInline
final class Inlet<Element: Sendable> {
    @usableFromInline let edge: Edge<Element>
    @usableFromInline let ports: [Port<Element>]
    @usableFromInline let assembly: Assembly
    @usableFromInline var owed: [Credit<Element>]
    @usableFromInline var open: Int
    @usableFromInline var turn = 0
    /// Chunks whose turn has not come, and `nil` for the end.
    @usableFromInline var held: [[Parcel<Element>?]]

    @inlinable
    init(_ edge: Edge<Element>, _ ports: [Port<Element>], _ assembly: Assembly) {
        self.edge = edge
        self.ports = ports
        self.assembly = assembly
        owed = Array(repeating: Credit(), count: ports.count)
        held = Array(repeating: [], count: ports.count)
        open = ports.count
    }

    @inlinable var isDone: Bool { open == 0 }

    @inlinable
    func take(_ mail: consuming Mail<Element>) async throws {
        let isLast = edge.waiting.removeLast()
        let slot = mail.slot
        if edge.shape.rotates {
            held[slot].append(contentsOf: mail.parcels)
            if mail.occasion == .finished { held[slot].append(nil) }
            try await takeTurns()
        } else {
            for index in mail.parcels.indices {
                var parcel = Parcel<Element>()
                swap(&parcel, &mail.parcels[index])
                try push(parcel, from: slot)
                try await assembly.drain(everything: false)
            }
            if mail.occasion == .finished { try finish(slot) }
        }
        if isLast || isDone {
            // Nobody may wait for the rest of a lump from one who has nothing left to do.
            for slot in owed.indices where !owed[slot].isEmpty { giveBack(slot) }
            try await assembly.drain(everything: true)
        }
    }

    @inlinable
    func takeTurns() async throws {
        while !isDone, !held[turn].isEmpty {
            if let parcel = held[turn].removeFirst() {
                let endsTurn = !parcel.chunk.notes.lineage.isEmpty
                try push(parcel, from: turn)
                if endsTurn { turn = (turn + 1) % ports.count }
            } else {
                try finish(turn)
                turn = (turn + 1) % ports.count
            }
            try await assembly.drain(everything: false)
        }
    }

    @inlinable
    func finish(_ slot: Int) throws {
        open -= 1
        try ports[slot].finish()
    }

    @inlinable
    func push(_ parcel: consuming Parcel<Element>, from slot: Int) throws {
        var chunk = parcel.chunk
        try assembly.push(chunk.elements.span, chunk.bytes, chunk.notes, to: ports[slot])
        owed[slot].elements += parcel.elements
        owed[slot].bytes += parcel.bytes
        chunk.elements.removeAll(keepingCapacity: true)
        owed[slot].buffers.append(chunk.elements)
        let window = edge.window
        if owed[slot].elements >= window.lump || owed[slot].bytes >= window.bytes / 4 {
            giveBack(slot)
        }
    }

    @inlinable
    func giveBack(_ slot: Int) {
        edge.returns[slot].yield(owed[slot])
        owed[slot] = Credit()
    }
}
