public import Cryptography

/// The newest entries by the identifier of their event, to recognise one that comes again.
///
/// Bounded by ``limit`` entries of about 40 bytes; the oldest is forgotten first. Identifiers are
/// kept as the first half of their SHA-256, leaf hashes likewise. What it knows follows from the
/// newest entries alone, so that one made anew from them knows the same.
public struct EventIDWindow: Sendable {
    /// How many entries back a repeat is recognised, at most.
    public static let standardLimit = 1_000_000

    /// What is known of an event.
    public enum Finding: Equatable, Sendable {
        case new
        /// The newest entry with the same identifier has the same bytes.
        case repeated
        /// The newest entry with the same identifier has other bytes.
        case conflicting
    }

    /// An identifier as the window knows it: computed once, used to find and to insert.
    public struct Key: Sendable {
        fileprivate let half: Half

        public init(_ eventID: Span<UInt8>) {
            half = Half(SHA256.digest(of: eventID))
        }
    }

    /// The first half of a digest: enough that nobody finds two alike.
    fileprivate struct Half: Equatable, Sendable {
        let high: UInt64
        let low: UInt64

        init(_ digest: Digest) {
            (high, low) = digest.firstHalf
        }
    }

    private struct Entry {
        let id: Half
        let leaf: Half
    }

    public let limit: Int
    /// The entries; once there are ``limit``, a new one takes the place of the oldest.
    private var ring: [Entry] = []
    private var oldest = 0
    /// A hash table by identifier: the place of its newest entry plus 1, or 0 where it is free.
    ///
    /// At most half full; who finds a slot taken looks at the one behind it.
    private var table: [UInt32]

    /// Makes an empty window.
    public init(limit: Int = standardLimit) {
        precondition((1..<Int(UInt32.max)).contains(limit), "a window of no entries, or too many")
        self.limit = limit
        table = Array(repeating: 0, count: 64)
    }

    /// The number of entries in the window.
    public var count: Int { ring.count }

    /// Looks up the event with this identifier.
    public func find(_ eventID: Span<UInt8>, leaf: Digest) -> Finding {
        find(Key(eventID), leaf: leaf)
    }

    /// Looks up the event with this identifier.
    public func find(_ key: Key, leaf: Digest) -> Finding {
        let place = table[slot(of: key.half)]
        if place == 0 { return .new }
        return ring[Int(place) - 1].leaf == Half(leaf) ? .repeated : .conflicting
    }

    /// Adds an entry; the oldest one goes if the window is full.
    public mutating func insert(_ eventID: Span<UInt8>, leaf: Digest) {
        insert(Key(eventID), leaf: leaf)
    }

    /// Adds an entry; the oldest one goes if the window is full.
    public mutating func insert(_ key: Key, leaf: Digest) {
        let entry = Entry(id: key.half, leaf: Half(leaf))
        let place: Int
        if ring.count < limit {
            place = ring.count
            ring.append(entry)
            if 2 * ring.count > table.count { grow() }
        } else {
            place = oldest
            let forgotten = slot(of: ring[place].id)
            if table[forgotten] == UInt32(place + 1) { free(forgotten) }
            ring[place] = entry
            oldest = (oldest + 1) % limit
        }
        table[slot(of: entry.id)] = UInt32(place + 1)
    }

    private func home(of id: Half) -> Int {
        Int(truncatingIfNeeded: id.low) & (table.count - 1)
    }

    /// The slot that has the identifier, or the free one where it belongs.
    private func slot(of id: Half) -> Int {
        var slot = home(of: id)
        while table[slot] != 0, ring[Int(table[slot]) - 1].id != id {
            slot = (slot + 1) & (table.count - 1)
        }
        return slot
    }

    /// Frees a slot, and moves up what stands behind it only because it was taken.
    private mutating func free(_ slot: Int) {
        let mask = table.count - 1
        var hole = slot
        var next = (slot + 1) & mask
        while table[next] != 0 {
            let home = home(of: ring[Int(table[next]) - 1].id)
            if (next - home) & mask >= (next - hole) & mask {
                table[hole] = table[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        table[hole] = 0
    }

    private mutating func grow() {
        let old = table
        table = Array(repeating: 0, count: 2 * old.count)
        for place in old where place != 0 {
            table[slot(of: ring[Int(place) - 1].id)] = place
        }
    }
}
