import Events
import Merkle
import StreamsEmbedded

/// One transaction of an index that follows its ledger: from a frame's end to that of a later one.
struct EntryIndexStep {
    private let path: String
    /// Where it has come.
    private(set) var progress: EntryIndexProgress
    /// Entries whose commit is not reached yet.
    private var pending = 0

    init(_ start: EntryIndexProgress, path: String) {
        progress = start
        self.path = path
    }

    /// Reads frames until there are `rows` rows, or to the published end, and adds what they hold.
    mutating func run(
        _ files: LedgerFiles,
        upTo head: LedgerHead,
        rows: Int,
        _ writer: inout EntryIndexWriter
    ) throws(EntryIndexError) {
        let start = progress
        let ledger = files
        var scan = try EntryIndexError.reading { () throws(StorageError) in
            try EntryIndexScan(
                ledger,
                upTo: head,
                segment: start.segment,
                position: start.position
            )
        }
        var isFirst = true
        while progress.entries - start.entries < rows {
            guard
                let frame = try EntryIndexError.reading({ () throws(StorageError) in
                    try scan.next()
                })
            else {
                if pending == 0 { return }
                throw .ledger(
                    .damaged(
                        Damage(
                            path: scan.path,
                            offset: scan.position,
                            reason: "ends with entries that no commit follows"
                        )
                    )
                )
            }
            // The chain of checksums says that the ledger is the one that was indexed before.
            if isFirst, scan.segment == start.segment, start.position > 0,
                frame.header.previousChecksum != UInt32(truncatingIfNeeded: start.checksum)
            {
                throw .unusable(path: path, reason: "belongs to another ledger")
            }
            isFirst = false
            let place = Damage(path: scan.path, offset: frame.position, reason: "")
            try scan.withPayload { (payload) throws(EntryIndexError) in
                try add(frame, payload, place, &writer)
            }
            if frame.header.kind != LedgerFiles.Kind.entries.rawValue {
                progress.segment = scan.segment
                progress.position = frame.end
                progress.checksum = Int(frame.checksum)
            }
        }
    }

    private mutating func add(
        _ frame: FrameScanner.Frame,
        _ payload: Span<UInt8>,
        _ place: Damage,
        _ writer: inout EntryIndexWriter
    ) throws(EntryIndexError) {
        func damage(_ reason: String) -> EntryIndexError {
            .ledger(.damaged(Damage(path: place.path, offset: place.offset, reason: reason)))
        }
        if frame.header.kind == LedgerFiles.Kind.entries.rawValue {
            guard frame.header.base == progress.entries, pending == 0,
                let ranges = EntriesFrame.ranges(of: payload, count: frame.header.count)
            else { throw damage("does not go on with entry \(progress.entries)") }
            for (number, range) in ranges.enumerated() {
                guard let event = EventView(canonical: payload, in: range) else {
                    throw damage("entry \(frame.header.base + number) is no event")
                }
                try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
                    try writer.add(
                        frame.header.base + number,
                        id: payload.extracting(event.eventID),
                        agent: payload.extracting(event.agentID),
                        time: event.timestamp.nanoseconds
                    )
                }
            }
            pending = frame.header.count
            return
        }
        guard let record = LedgerRecord([UInt8](payload)),
            record.tree.size == progress.entries + pending,
            record.lettersBefore == progress.letters
        else { throw damage("does not follow from what is before it") }
        for (number, letter) in record.refused.enumerated() {
            try EntryIndexError.wrap(path) { () throws(SQLiteFailure) in
                try writer.add(letter: record.lettersBefore + number, letter)
            }
        }
        progress.entries = record.tree.size
        progress.letters = record.letters
        pending = 0
    }
}

extension EventView {
    /// Reads an event, or returns `nil` if the bytes are not canonical.
    init?(canonical bytes: Span<UInt8>, in range: Range<Int>) {
        do throws(EventError) {
            try self.init(validating: bytes, in: range)
        } catch {
            return nil
        }
    }
}
