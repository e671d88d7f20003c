/// Arenas that one stage has handed on, to be filled again once nobody else holds them.
///
/// A fresh megabyte a chunk would cost its page faults each time. The newest comes first: its bytes
/// are still in the cache.
@usableFromInline
struct ArenaPool {
    /// As many chunks as usually are between a stage and the end of a batch in the last lane.
    @usableFromInline static let mostArenas = 64
    @usableFromInline static let mostBytes = 32 << 20

    @usableFromInline var arenas: [[UInt8]] = []
    @usableFromInline var bytes = 0

    @inlinable
    init() {}

    /// An empty arena, with the capacity of one before if one is free.
    @inlinable
    mutating func next() -> [UInt8] {
        var index = arenas.count
        while index > 0 {
            index -= 1
            if isUnshared(&arenas[index]) {
                var arena = arenas.remove(at: index)
                bytes -= arena.count
                arena.removeAll(keepingCapacity: true)
                return arena
            }
        }
        return []
    }

    /// Remembers an arena that has been handed on, and leaves an empty one in its place.
    @inlinable
    mutating func exchange(_ arena: inout [UInt8]) {
        if let last = arenas.last, isSameArena(last, arena) {
            arena = []
        } else if !arena.isEmpty {
            bytes += arena.count
            arenas.append([])
            swap(&arena, &arenas[arenas.count - 1])
        }
        while arenas.count > Self.mostArenas || bytes > Self.mostBytes {
            bytes -= arenas.removeFirst().count
        }
        arena = next()
    }
}

/// Stands for the storage of an array, of which nothing but its count of references is looked at.
@usableFromInline
final class ArenaStorage {
    private init() {}
}

/// Whether `arena` is the only reference to its bytes.
///
/// An array is one reference to its storage, and the standard library asks the same before each
/// change. A class is named since `AnyObject` is copied here, and then nothing is unshared.
@inlinable
func isUnshared(_ arena: inout [UInt8]) -> Bool {
    unsafe withUnsafeMutablePointer(to: &arena) { arena in
        let storage = unsafe UnsafeMutableRawPointer(arena)
            .assumingMemoryBound(to: ArenaStorage.self)
        return unsafe isKnownUniquelyReferenced(&storage.pointee)
    }
}
