import Events
import StreamsEmbedded

/// Finds identifiers that more than one entry has, in bounded memory.
///
/// One pass collects 8 bytes an entry, a hash of its identifier, and sorts them: neighbours that are
/// equal are candidates. Only if there are any, a second pass compares the identifiers themselves.
/// At most ``limit`` hashes are held, 128 MiB; of a larger ledger each pass takes the hashes of one
/// class, so that the passes over the bytes are its size divided by the limit. At most
/// ``candidateLimit`` identifiers are compared; what goes beyond is counted by its hash.
struct LedgerVerifierRepeats {
    static let limit = 1 << 24
    static let candidateLimit = 1 << 16

    let classes: Int
    /// The class of hashes that is collected.
    private var current = 0
    private var hashes: [UInt64] = []
    private var candidates: Set<UInt64> = []

    /// - Parameter expected: About how many entries there are.
    init(expected: Int) {
        classes = max(1, (expected + Self.limit - 1) / Self.limit)
        hashes.reserveCapacity(expected / classes)
    }

    /// Takes hashes of identifiers; 0 stands for none.
    mutating func add(_ identifiers: [UInt64]) {
        if classes == 1 {
            hashes += identifiers
        } else {
            for hash in identifiers where Int(hash % UInt64(classes)) == current {
                hashes.append(hash)
            }
        }
    }

    /// Finds what is equal among the hashes that were collected, and goes on to the next class.
    private mutating func settle(_ found: inout LedgerVerification) {
        hashes.sort()
        var previous: UInt64 = 0
        for hash in hashes where hash != 0 {
            if hash == previous {
                if candidates.contains(hash) || candidates.count < Self.candidateLimit {
                    candidates.insert(hash)
                } else {
                    found.repeatCount += 1
                }
            }
            previous = hash
        }
        hashes.removeAll(keepingCapacity: true)
        current += 1
    }

    /// Lists the repeats among all published entries; damage ends it early, as it is noted elsewhere.
    mutating func finish(
        _ files: LedgerFiles,
        _ head: LedgerHead,
        _ found: inout LedgerVerification
    ) throws(StorageError) {
        settle(&found)
        while current < classes {
            try Self.visit(files, head) { _, hash, _ in
                if Int(hash % UInt64(classes)) == current { hashes.append(hash) }
            }
            settle(&found)
        }
        hashes = []
        if candidates.isEmpty { return }
        var firsts: [[UInt8]: Int] = [:]
        try Self.visit(files, head) { index, hash, id in
            guard candidates.contains(hash) else { return }
            let id = [UInt8](id)
            guard let first = firsts[id] else {
                firsts[id] = index
                return
            }
            found.repeatCount += 1
            guard found.repeats.count < LedgerVerification.repeatLimit else { return }
            let text = String(decoding: id, as: UTF8.self)
            found.repeats.append(EventRepeat(eventID: text, index: index, first: first))
        }
    }

    private static func visit(
        _ files: LedgerFiles,
        _ head: LedgerHead,
        _ body: (_ index: Int, _ hash: UInt64, _ id: Span<UInt8>) -> Void
    ) throws(StorageError) {
        var scan = try EntryIndexScan(files, upTo: head, segment: 0, position: 0)
        while let frame = try scan.next() {
            guard frame.header.kind == LedgerFiles.Kind.entries.rawValue else { continue }
            scan.withPayload { payload in
                let ranges = EntriesFrame.ranges(of: payload, count: frame.header.count) ?? []
                for (number, range) in ranges.enumerated() {
                    guard let event = EventView(canonical: payload, in: range) else { continue }
                    let id = payload.extracting(event.eventID)
                    body(frame.header.base + number, id.hash64, id)
                }
            }
        }
    }
}
