import Synchronization

/// Why a mail comes.
@usableFromInline
enum Occasion: Sendable {
    case chunks, finished, tick
}

/// A chunk on its way, and what it takes of the window.
@usableFromInline
struct Parcel<Element: Sendable>: Sendable {
    @usableFromInline var chunk: Chunk<Element>
    @usableFromInline var elements: Int
    @usableFromInline var bytes: Int

    @inlinable
    init(_ chunk: Chunk<Element> = Chunk(), elements: Int = 0, bytes: Int = 0) {
        self.chunk = chunk
        self.elements = elements
        self.bytes = bytes
    }
}

/// What crosses an edge on the way down: a lump of chunks.
@usableFromInline
struct Mail<Element: Sendable>: Sendable {
    @usableFromInline let occasion: Occasion
    @usableFromInline let slot: Int
    @usableFromInline var parcels: [Parcel<Element>]

    @inlinable
    init(_ occasion: Occasion, slot: Int, _ parcels: [Parcel<Element>] = []) {
        self.occasion = occasion
        self.slot = slot
        self.parcels = parcels
    }
}

/// How many mails were sent and not yet taken.
@usableFromInline
final class MailCount: Sendable {
    private let count = Atomic<Int>(0)

    @usableFromInline
    init() {}

    @usableFromInline
    func add() {
        count.wrappingAdd(1, ordering: .acquiringAndReleasing)
    }

    /// Returns whether none is left.
    @usableFromInline
    func removeLast() -> Bool {
        count.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
    }
}

/// What comes back: room, and emptied buffers for the next chunks.
@usableFromInline
struct Credit<Element: Sendable>: Sendable {
    @usableFromInline var elements = 0
    @usableFromInline var bytes = 0
    @usableFromInline var buffers: [[Element]] = []

    @inlinable var isEmpty: Bool { elements == 0 && bytes == 0 && buffers.isEmpty }

    @inlinable
    init() {}
}
