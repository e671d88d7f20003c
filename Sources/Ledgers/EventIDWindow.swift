public import Cryptography

/// The newest entries by the identifier of their event, to recognise one that comes again.
///
/// Bounded by ``limit`` entries of about 80 bytes; the oldest is forgotten first. Identifiers are
/// kept as the first half of their SHA-256, leaf hashes likewise.
public struct EventIDWindow: Sendable {
    /// How many entries back a repeat is recognised, at most.
    public static let standardLimit = 1_000_000

    /// What is known of an event.
    public enum Finding: Equatable, Sendable {
        case new
        /// An entry with the same identifier and the same bytes.
        case repeated
        /// An entry with the same identifier and other bytes.
        case conflicting
    }

    /// The first half of a digest: enough that nobody finds two alike.
    private struct Half: Hashable {
        let high: UInt64
        let low: UInt64

        init(_ digest: Digest) {
            (high, low) = digest.firstHalf
        }
    }

    public let limit: Int
    private var leaves: [Half: Half] = [:]
    private var order: [Half] = []
    private var oldest = 0

    /// Makes an empty window.
    public init(limit: Int = standardLimit) {
        precondition(limit > 0, "a window of no entries recognises nothing")
        self.limit = limit
    }

    /// The number of entries in the window.
    public var count: Int { order.count }

    /// Looks up the event with this identifier.
    public func find(_ eventID: Span<UInt8>, leaf: Digest) -> Finding {
        guard let known = leaves[Half(SHA256.digest(of: eventID))] else { return .new }
        return known == Half(leaf) ? .repeated : .conflicting
    }

    /// Adds an entry; the oldest one goes if the window is full.
    public mutating func insert(_ eventID: Span<UInt8>, leaf: Digest) {
        let key = Half(SHA256.digest(of: eventID))
        if leaves.updateValue(Half(leaf), forKey: key) != nil { return }
        if order.count < limit {
            order.append(key)
        } else {
            leaves[order[oldest]] = nil
            order[oldest] = key
            oldest = (oldest + 1) % limit
        }
    }
}
