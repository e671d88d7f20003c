/// The last few arenas that one stage has filled, so that a buffer nobody else holds is used again.
///
/// An array whose storage is still shared gets new storage when it is emptied, so taking one back
/// too early costs an allocation and never bytes that somebody still reads.
@usableFromInline
struct ArenaRing {
    /// As many chunks as usually are between a stage and the end of its batch.
    @usableFromInline static let capacity = 8

    @usableFromInline var arenas: [[UInt8]] = []
    @usableFromInline var place = 0

    @inlinable
    init() {}

    /// An empty arena.
    @inlinable
    mutating func next() -> [UInt8] {
        guard arenas.count == Self.capacity else { return [] }
        var arena: [UInt8] = []
        swap(&arena, &arenas[place])
        arena.removeAll(keepingCapacity: true)
        return arena
    }

    /// Remembers an arena that has been handed on.
    @inlinable
    mutating func keep(_ arena: [UInt8]) {
        if arenas.count < Self.capacity {
            arenas.append(arena)
        } else {
            arenas[place] = arena
        }
        place = (place + 1) % Self.capacity
    }
}
