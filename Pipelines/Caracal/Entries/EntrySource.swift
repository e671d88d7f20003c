import CommandLineInterface
import Events
import LedgersEmbedded
import StreamsEmbedded

/// Where entries are looked for: by the index as far as that is, in the ledger from there on.
struct EntrySource {
    /// Indices that are nearer to each other than this are read in one go.
    private static let gap = 256

    private let reader: EmbeddedLedgerReader
    private let index: EntryIndex?
    private let filter: EntryFilter

    /// Opens what is there; without a usable index all of the ledger is read.
    init(
        _ folder: CaracalFolder,
        _ filter: EntryFilter,
        _ console: Console
    ) async throws(CommandError) {
        reader = try folder.ledgerReader()
        self.filter = filter
        index = filter.isOpen ? nil : await folder.readableIndex(console)
    }

    /// Visits entries that may be wanted, in their order, until `visit` returns `false`.
    func forEach(
        _ visit: (_ index: Int, _ bytes: Span<UInt8>) -> Bool
    ) async throws(CommandError) {
        var next = 0
        if let index {
            let indexed = min(index.progress.entries, reader.head.size)
            while true {
                let page: [Int]
                do {
                    page = try await index.page(
                        agent: filter.agentName,
                        from: filter.from,
                        to: filter.to,
                        startingAt: next
                    ).filter { $0 < indexed }
                } catch {
                    throw CommandError(error)
                }
                guard let last = page.last else { break }
                for range in Self.ranges(page) {
                    guard try read(range, visit) else { return }
                }
                next = last + 1
            }
            next = indexed
        }
        _ = try read(next..<max(next, reader.head.size), visit)
    }

    /// The rising indices as ranges, those near each other in one.
    private static func ranges(_ indices: [Int]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for index in indices {
            if let last = ranges.last, index - last.upperBound < gap {
                ranges[ranges.count - 1] = last.lowerBound..<index + 1
            } else {
                ranges.append(index..<index + 1)
            }
        }
        return ranges
    }

    /// Returns whether to go on.
    private func read(
        _ range: Range<Int>,
        _ visit: (_ index: Int, _ bytes: Span<UInt8>) -> Bool
    ) throws(CommandError) -> Bool {
        var goesOn = true
        try storing { () throws(StorageError) in
            try reader.entries(in: range) { index, bytes in
                goesOn = visit(index, bytes)
                return goesOn
            }
        }
        return goesOn
    }
}

extension CaracalFolder {
    /// The index for queries, or `nil` if there is none that can be used.
    func readableIndex(_ console: Console) async -> EntryIndex? {
        do {
            return try await EntryIndex.openForReading(ledger)
        } catch {
            if case .missing = error { return nil }
            // All of it can be answered from the ledger, only slower.
            console.errors("\(error)")
            return nil
        }
    }

    /// How far the index is, in entries; 0 if there is none.
    func indexSize(_ console: Console) async -> Int {
        guard let index = await readableIndex(console) else { return 0 }
        let size = index.progress.entries
        await index.close()
        return size
    }

    /// The index of the newest entry of an event, or `nil` if there is none.
    ///
    /// The place that the index names is taken only if the entry there is that event's: an index
    /// that is damaged, or another ledger's, costs time and nothing else.
    func entry(
        ofEvent id: String,
        _ reader: EmbeddedLedgerReader,
        _ console: Console
    ) async throws(CommandError) -> Int? {
        let wanted = Array(id.utf8)
        let (indexed, start) = await indexedEntry(ofEvent: id, reader, console)
        if let newer = try newestEntry(ofEvent: wanted, in: start..<reader.head.size, reader) {
            return newer
        }
        guard let indexed else { return nil }
        if try newestEntry(ofEvent: wanted, in: indexed..<indexed + 1, reader) != nil {
            return indexed
        }
        console.errors(
            "\(ledger): the index says that entry \(indexed) is event '\(id)', which it is not; "
                + "searching all entries ('caracal reindex' makes the index anew)"
        )
        return try newestEntry(ofEvent: wanted, in: 0..<start, reader)
    }

    /// Where the index has the newest entry of an event, and the first entry that it does not cover.
    private func indexedEntry(
        ofEvent id: String,
        _ reader: EmbeddedLedgerReader,
        _ console: Console
    ) async -> (Int?, Int) {
        guard let index = await readableIndex(console) else { return (nil, 0) }
        let end = max(0, min(index.progress.entries, reader.head.size))
        do {
            let found = try await index.indices(ofEvent: id).last { (0..<end).contains($0) }
            await index.close()
            return (found, end)
        } catch {
            console.errors("\(error)")
            await index.close()
            return (nil, 0)
        }
    }

    /// The newest entry of an event among those of a range, by their bytes.
    private func newestEntry(
        ofEvent id: [UInt8],
        in range: Range<Int>,
        _ reader: EmbeddedLedgerReader
    ) throws(CommandError) -> Int? {
        var found: Int?
        try storing { () throws(StorageError) in
            try reader.entries(in: range) { index, bytes in
                if isEvent(id, bytes) { found = index }
                return true
            }
        }
        return found
    }
}

/// Whether `bytes` are those of an event with this identifier.
func isEvent(_ id: [UInt8], _ bytes: Span<UInt8>) -> Bool {
    do {
        let range = try EventView(validating: bytes, in: 0..<bytes.count).eventID
        guard range.count == id.count else { return false }
        for place in id.indices where bytes[range.lowerBound + place] != id[place] {
            return false
        }
        return true
    } catch {
        return false
    }
}
