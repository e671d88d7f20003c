public import Cryptography

/// Something in a ledger's files that is not as it was written.
public struct LedgerProblem: Hashable, Sendable {
    public let what: String
    public let file: String
    /// Where in the file, in bytes from its start, if that is known.
    public let offset: Int?
    /// Which entry, or dead letter of the index, it is about, if it is about one.
    public let index: Int?
}

extension LedgerProblem: CustomStringConvertible {
    public var description: String {
        let place = offset.map { " at byte \($0)" } ?? ""
        let entry = index.map { " (entry \($0))" } ?? ""
        return "\(file)\(place): \(what)\(entry)"
    }
}

/// The first problems that were found, and how many there are.
public struct LedgerProblems: Hashable, Sendable {
    /// The most problems that are kept; ``count`` counts all.
    public static let limit = 1_000

    public private(set) var list: [LedgerProblem] = []
    public private(set) var count = 0

    mutating func note(_ what: String, _ file: String, at offset: Int? = nil, index: Int? = nil) {
        count += 1
        guard list.count < Self.limit else { return }
        list.append(LedgerProblem(what: what, file: file, offset: offset, index: index))
    }
}

/// Two entries with the identifier of one event: allowed where they are far apart, and worth knowing.
public struct EventRepeat: Hashable, Sendable {
    public let eventID: String
    /// The entry that repeats, and the first one with this identifier.
    public let index: Int
    public let first: Int
}

/// What a full check of a ledger has found.
public struct LedgerVerification: Sendable {
    /// The most repeats that are kept; ``repeatCount`` counts all.
    public static let repeatLimit = 1_000

    /// What is wrong with the segments, the head and the files that proofs are made from.
    public internal(set) var problems = LedgerProblems()
    /// The index against the bytes; `nil` if it was not asked for.
    public internal(set) var index: EntryIndexVerification?
    /// How many entries, commits and checkpoints were read and are right.
    public internal(set) var entries = 0
    public internal(set) var commits = 0
    public internal(set) var checkpoints = 0
    /// The bytes of segments that were read.
    public internal(set) var byteCount = 0
    /// The tree over all entries, as far as they could be read.
    public internal(set) var size = 0
    public internal(set) var root = Digest()
    /// How many dead letters there are, and the first offset of the event log that is not done.
    public internal(set) var letters = 0
    public internal(set) var nextOffset = 0
    /// The first repeats of identifiers, and how many there are.
    public internal(set) var repeats: [EventRepeat] = []
    public internal(set) var repeatCount = 0
    /// How long it took, the index left out.
    public internal(set) var elapsed = Duration.zero
    /// The recomputed roots of the trees of the sizes that were asked for.
    var roots: [Int: Digest] = [:]

    /// Whether every byte is as it was written, those of the index included.
    public var isSound: Bool { problems.count == 0 && index?.problems.count ?? 0 == 0 }

    /// The first problems of the ledger, then those of its index.
    public var allProblems: [LedgerProblem] { problems.list + (index?.problems.list ?? []) }

    /// How many problems there are in all.
    public var problemCount: Int { problems.count + (index?.problems.count ?? 0) }

    /// How a ledger stands to a checkpoint that was saved before.
    public enum Extension: Hashable, Sendable {
        /// It begins with exactly the entries that were signed then.
        case extends
        /// It has fewer entries: an older state was put back.
        case isRolledBack(size: Int)
        /// It has other entries.
        case differs(root: Digest)
        /// The size was not asked for, or damage kept the root from being recomputed.
        case isUnknown
    }

    /// Compares a saved checkpoint with the tree that was recomputed from the bytes.
    ///
    /// - Parameters:
    ///   - size: One of the sizes that the verifier was told to watch.
    ///   - root: The root that was signed.
    /// - Returns: Whether the ledger extends it, or how it does not.
    public func extends(size: Int, root: Digest) -> Extension {
        if size > self.size { return .isRolledBack(size: self.size) }
        guard let recomputed = roots[size] else { return .isUnknown }
        return recomputed == root ? .extends : .differs(root: recomputed)
    }
}

/// What a comparison of the index with the ledger's bytes has found.
public struct EntryIndexVerification: Sendable {
    public internal(set) var problems = LedgerProblems()
    /// Whether there is an index; one that is missing, or behind, is no problem.
    public internal(set) var isPresent = false
    /// How far the index says it is, in entries and dead letters.
    public internal(set) var size = 0
    public internal(set) var letters = 0
    /// How many rows of entries and dead letters were compared.
    public internal(set) var rows = 0
    public internal(set) var elapsed = Duration.zero
}
