/// Lets a sink that awaits take the chunks of a push that cannot.
///
/// Chunks of different arenas are written one after the other; what was refused or done without an
/// element goes with the last.
@usableFromInline
final class SinkPump<S: Sink> {
    @usableFromInline var sink: S
    @usableFromInline let name: String
    @usableFromInline var waiting: [Chunk<S.Element>] = []

    @inlinable
    init(_ sink: S, named name: String) {
        self.sink = sink
        self.name = name
    }

    @inlinable
    func push(_ elements: Span<S.Element>, _ arena: [UInt8], _ notes: Notes) {
        if let last = waiting.indices.last,
            elements.isEmpty || isSameArena(waiting[last].bytes, arena)
        {
            waiting[last].elements.append(copying: elements)
            waiting[last].notes.add(notes)
        } else if !elements.isEmpty || !notes.isEmpty {
            var chunk = Chunk<S.Element>(bytes: arena, notes: notes)
            chunk.elements.append(copying: elements)
            waiting.append(chunk)
        }
    }

    @inlinable
    func drain() async throws {
        guard !waiting.isEmpty else { return }
        var chunks: [Chunk<S.Element>] = []
        swap(&chunks, &waiting)
        do {
            for chunk in chunks { try await sink.write(chunk) }
        } catch {
            throw attributedError(error, to: name)
        }
    }
}
