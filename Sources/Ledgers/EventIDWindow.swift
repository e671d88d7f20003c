public import Cryptography

/// The newest entries by the identifier of their event, to recognise one that comes again.
///
/// Bounded by ``limit`` entries of about 32 bytes; the oldest is forgotten first. Of an identifier's
/// SHA-256 80 bits are kept, and 112 of the leaf hash, so that nobody finds other bytes that are
/// taken for a repeat. What it knows follows from the newest entries alone, so that one made anew
/// from them knows the same.
public struct EventIDWindow: Sendable {
    /// How many entries back a repeat is recognised, at most.
    public static let standardLimit = 1_000_000
    /// The most that a window can hold: what a place in it takes of a slot.
    private static let placeBits: UInt32 = 20

    /// What is known of an event.
    public enum Finding: Equatable, Sendable {
        case new
        /// The newest entry with the same identifier has the same bytes.
        case repeated
        /// The newest entry with the same identifier has other bytes.
        case conflicting
    }

    /// An identifier as the window knows it: computed once, used to find and to insert.
    public struct Key: Equatable, Sendable {
        /// The first 8 bytes of the SHA-256.
        fileprivate let head: UInt64
        /// The next 2 bytes.
        fileprivate let tail: UInt16

        public init(_ eventID: Span<UInt8>) {
            let half = SHA256.digest(of: eventID).firstHalf
            head = half.0
            tail = UInt16(truncatingIfNeeded: half.1 >> 48)
        }
    }

    private struct Entry {
        let head: UInt64
        /// The key's tail, and 48 bits of the leaf hash.
        let tailAndLeaf: UInt64
        /// The next 64 bits of it.
        let leaf: UInt64

        init(_ key: Key, _ leaf: Digest) {
            head = key.head
            let half = leaf.firstHalf
            tailAndLeaf = UInt64(key.tail) << 48 | half.0 >> 16
            self.leaf = half.1
        }

        func has(_ key: Key) -> Bool {
            head == key.head && UInt16(truncatingIfNeeded: tailAndLeaf >> 48) == key.tail
        }

        var key: Key { Key(head: head, tail: UInt16(truncatingIfNeeded: tailAndLeaf >> 48)) }
    }

    public let limit: Int
    /// The entries; once there are ``limit``, a new one takes the place of the oldest.
    private var ring: [Entry] = []
    private var oldest = 0
    /// A hash table by identifier: the place of its newest entry plus 1 below a few bits of the
    /// identifier, so that another one's entry is seldom looked at; or 0 where it is free.
    ///
    /// At most half full; who finds a slot taken looks at the one behind it.
    private var table: [UInt32]
    /// What ``warm(_:)`` has read.
    private var warmed: [UInt32] = []

    /// Makes an empty window.
    ///
    /// - Parameter limit: 1 to 1,048,575 entries.
    public init(limit: Int = standardLimit) {
        precondition((1..<1 << Self.placeBits).contains(limit), "no window of so many entries")
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
        let place = table[slot(of: key)]
        if place == 0 { return .new }
        let (known, new) = (ring[Self.place(in: place)], Entry(key, leaf))
        let isSame = known.tailAndLeaf == new.tailAndLeaf && known.leaf == new.leaf
        return isSame ? .repeated : .conflicting
    }

    /// Adds an entry; the oldest one goes if the window is full.
    public mutating func insert(_ eventID: Span<UInt8>, leaf: Digest) {
        insert(Key(eventID), leaf: leaf)
    }

    /// Adds an entry; the oldest one goes if the window is full.
    public mutating func insert(_ key: Key, leaf: Digest) {
        let entry = Entry(key, leaf)
        let place: Int
        if ring.count < limit {
            place = ring.count
            ring.append(entry)
            if 2 * ring.count > table.count { grow() }
        } else {
            place = oldest
            let forgotten = slot(of: ring[place].key)
            if Self.place(in: table[forgotten]) == place { free(forgotten) }
            ring[place] = entry
            oldest = (oldest + 1) % limit
        }
        table[slot(of: key)] = Self.tag(of: key) | UInt32(place + 1)
    }

    /// Reads where each of `keys` belongs, before they are looked up one by one.
    ///
    /// The table is larger than a cache: reads that do not depend on each other wait for memory
    /// together, while each look-up would wait for its own.
    package mutating func warm(_ keys: Span<Key>) {
        warmed.removeAll(keepingCapacity: true)
        for index in keys.indices { warmed.append(table[home(of: keys[index])]) }
    }

    private static func tag(of key: Key) -> UInt32 {
        UInt32(truncatingIfNeeded: key.head >> 32) & ~(1 << placeBits - 1)
    }

    /// The place that a slot names; none, if the slot is free.
    private static func place(in slot: UInt32) -> Int {
        Int(slot & (1 << placeBits - 1)) - 1
    }

    private func home(of key: Key) -> Int {
        Int(truncatingIfNeeded: key.head) & (table.count - 1)
    }

    /// The slot that has the identifier, or the free one where it belongs.
    private func slot(of key: Key) -> Int {
        let tag = Self.tag(of: key)
        var slot = home(of: key)
        while true {
            let found = table[slot]
            if found == 0 { return slot }
            let isLike = found >> Self.placeBits == tag >> Self.placeBits
            if isLike, ring[Self.place(in: found)].has(key) { return slot }
            slot = (slot + 1) & (table.count - 1)
        }
    }

    /// Frees a slot, and moves up what stands behind it only because it was taken.
    private mutating func free(_ slot: Int) {
        let mask = table.count - 1
        var hole = slot
        var next = (slot + 1) & mask
        while table[next] != 0 {
            let home = home(of: ring[Self.place(in: table[next])].key)
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
            table[slot(of: ring[Self.place(in: place)].key)] = place
        }
    }
}

extension EventIDWindow.Key {
    /// How many bytes a key takes where it is stored.
    package static let byteCount = 10

    fileprivate init(head: UInt64, tail: UInt16) {
        self.head = head
        self.tail = tail
    }

    /// Reads a key that ``append(to:)`` wrote.
    ///
    /// - Parameters:
    ///   - bytes: ``byteCount`` bytes at least.
    ///   - offset: Where in `bytes` it begins.
    package init(_ bytes: Span<UInt8>, at offset: Int) {
        var head: UInt64 = 0
        for index in offset..<offset + 8 { head = head << 8 | UInt64(bytes[index]) }
        self.head = head
        tail = UInt16(bytes[offset + 8]) << 8 | UInt16(bytes[offset + 9])
    }

    package func append(to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: head >> UInt64(shift)))
        }
        bytes.append(UInt8(truncatingIfNeeded: tail >> 8))
        bytes.append(UInt8(truncatingIfNeeded: tail))
    }
}
