import Cryptography
import Events
import Ledgers
import Merkle
import StreamsPostgres

/// Follows the rows of a ledger from the first, and holds each against what came before.
///
/// After an entry that is missing no tree is known any more; the rows are still held against their own
/// bytes.
struct PostgresReplay {
    /// A checkpoint whose entries are still to come.
    private struct Expected {
        let size: Int
        let root: Digest?
        let range: [UInt8]
        let note: [UInt8]
        let epoch: Int
        let nextOffset: Int
        let previousSize: Int
        let sources: SourceHash.Result?
        let eventKeys: [UInt8]?
        /// Whether the row's hash is that of its values.
        let isRight: Bool
    }

    /// What is asked for of a checkpoint.
    static let checkpointColumns = """
        size, root, range, note, epoch, next_offset, previous_size, source_hash, source_sum, \
        source_moment, \(RowHash.isRight(RowHash.checkpoints)), event_keys
        """

    var found: PostgresVerification
    private let verifyNote: PostgresVerifier.NoteVerifier
    private var watched: [Int]
    private var frontier = TileFrontier()
    private var isTreeKnown = true
    private var expected: [Expected] = []
    private var nextExpected = 0
    /// The newest checkpoint that was passed.
    private var passed: Expected?
    private var nextIndex = 0
    private var lastOffset = -1
    private(set) var cursorOffset = 0
    private var cursorEpoch = 0
    /// The stored mark of each producer, and the last number among the entries.
    private var marks: [[UInt8]: Int] = [:]
    private var sequences: [[UInt8]: Int] = [:]
    /// Over the entries since the checkpoint that was passed.
    private var sources: SourceHash
    private var isBatchWhole = true
    /// The keys of the identifiers of the entries since then.
    private var eventKeys: [UInt8] = []
    /// The hash of the newest dead letter, as the cursor and as the letters have it.
    private(set) var cursorLetter = Digest()
    var lastLetter = Digest()
    var lastLetterOffset = -1

    init(_ partition: Int, _ watched: [Int], _ verifyNote: @escaping PostgresVerifier.NoteVerifier)
    {
        found = PostgresVerification(partition: partition)
        self.verifyNote = verifyNote
        sources = SourceHash(after: Digest(), partition: partition, firstIndex: 0)
        self.watched = watched.filter { $0 >= 0 }.sorted()
        noteRoots()
    }

    mutating func begin(cursor: PostgresRows, marks rows: PostgresRows) {
        if cursor.count == 1 {
            cursorOffset = cursor.integer(0, 0) ?? -1
            cursorEpoch = cursor.integer(0, 1) ?? -1
            cursorLetter = cursor.withBytes(0, 2) { Digest($0) } ?? Digest()
            if !cursor.bool(0, 3) {
                found.note("is not as it was written", "cursors", named: "\(found.partition)")
            }
        } else {
            found.note("is missing", "cursors", named: "\(found.partition)")
        }
        found.nextOffset = cursorOffset
        for row in 0..<rows.count {
            let (producer, sequence) = (rows.bytes(row, 0), rows.integer(row, 1) ?? -1)
            marks[producer] = sequence
            let hash = RowHash.mark(found.partition, producer, sequence)
            if rows.withBytes(row, 2, { Digest($0) }) != hash {
                found.note("is not as it was written", "marks", named: Self.name(producer))
            }
        }
    }

    /// A producer for people.
    private static func name(_ producer: [UInt8]) -> String {
        "'" + String(decoding: producer.prefix(256), as: UTF8.self).debugText + "'"
    }

    // MARK: Entries

    /// Takes the next rows of entries.
    ///
    /// - Returns: The tiles that they fill.
    mutating func add(_ rows: PostgresRows) -> [TileFrontier.FullTile] {
        var leaves: [Digest] = []
        var full: [TileFrontier.FullTile] = []
        leaves.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            let index = rows.integer(row, 0) ?? -1
            if index != nextIndex {
                full += take(&leaves)
                let last = index - 1
                let what =
                    nextIndex == last
                    ? "entry \(last) is missing" : "entries \(nextIndex) to \(last) are missing"
                found.note(what, "entries", row: nextIndex)
                (isTreeKnown, isBatchWhole) = (false, false)
            }
            nextIndex = index + 1
            leaves.append(check(rows, row, index))
            if nextExpected < expected.count, expected[nextExpected].size == nextIndex {
                full += take(&leaves)
                pass()
            } else if watched.first == nextIndex {
                full += take(&leaves)
            }
        }
        full += take(&leaves)
        return full
    }

    private mutating func take(_ leaves: inout [Digest]) -> [TileFrontier.FullTile] {
        defer { leaves.removeAll(keepingCapacity: true) }
        guard isTreeKnown else { return [] }
        let full = frontier.append(leaves)
        noteRoots()
        return full
    }

    private mutating func noteRoots() {
        while let size = watched.first, size <= frontier.range.size {
            watched.removeFirst()
            if size == frontier.range.size { found.roots[size] = frontier.range.root }
        }
    }

    /// Holds a row against its own bytes and the row before; returns its leaf hash.
    private mutating func check(_ rows: PostgresRows, _ row: Int, _ index: Int) -> Digest {
        var problems: [(String, String)] = []
        let leaf = rows.withBytes(row, EntryColumns.payload) { bytes in
            do throws(EventError) {
                let view = try EventView(validating: bytes, in: 0..<bytes.count)
                for column in EntryColumns.wrong(rows, row, view, bytes) {
                    problems.append(("is not what the entry's bytes say", column))
                }
                EventIDWindow.Key(bytes.extracting(view.eventID)).append(to: &eventKeys)
            } catch {
                problems.append(("is no event: \(error)", "payload"))
            }
            return RFC6962.leafHash(bytes)
        }
        for (what, column) in problems { found.note(what, "entries", column, row: index) }
        let offset = rows.integer(row, 1) ?? -1
        if offset <= lastOffset {
            let what = "is \(offset), and that of the entry before \(lastOffset)"
            found.note(what, "entries", "source_offset", row: index)
        } else {
            lastOffset = offset
        }
        if offset >= cursorOffset || offset < passed?.nextOffset ?? 0 {
            let what = "is \(offset), which is not among the offsets of its batch"
            found.note(what, "entries", "source_offset", row: index)
        }
        if !rows.isNull(row, 10), rows.withBytes(row, 10, { $0.isEmpty }) {
            found.note("is empty", "entries", "producer", row: index)
        }
        let sequence = rows.integer(row, 4) ?? -1
        rows.withBytes(row, 10) { sources.add(offset: offset, sequence: sequence, producer: $0) }
        checkSequence(rows, row, index)
        found.entries += 1
        return leaf
    }

    private mutating func checkSequence(_ rows: PostgresRows, _ row: Int, _ index: Int) {
        guard let sequence = rows.integer(row, 4) else { return }
        let producer = rows.bytes(row, 10)
        if let last = sequences[producer], sequence <= last {
            let what = "is \(sequence), and that of the producer's entry before \(last)"
            found.note(what, "entries", "sequence", row: index)
        }
        sequences[producer] = sequence
        guard let mark = marks[producer] else {
            found.note("has no mark", "entries", "producer", row: index)
            found.note("is missing", "marks", named: Self.name(producer))
            marks[producer] = .max
            return
        }
        if sequence > mark {
            found.note("is beyond the producer's mark \(mark)", "entries", "sequence", row: index)
        }
    }

    // MARK: Checkpoints

    /// Takes checkpoints, in order of size, before the entries that they are over.
    mutating func expect(_ rows: PostgresRows) {
        expected.removeFirst(nextExpected)
        nextExpected = 0
        for row in 0..<rows.count {
            let isRight = rows.bool(row, 10)
            if !isRight {
                let size = rows.integer(row, 0) ?? -1
                found.note("is not as it was written", "checkpoints", row: size)
            }
            var sources: SourceHash.Result?
            if let hash = rows.withBytes(row, 7, { Digest($0) }), let sum = rows.integer(row, 8),
                let moment = rows.integer(row, 9)
            {
                sources = SourceHash.Result(hash: hash, sum: sum, moment: moment)
            }
            expected.append(
                Expected(
                    size: rows.integer(row, 0) ?? -1,
                    root: rows.withBytes(row, 1) { Digest($0) },
                    range: rows.bytes(row, 2),
                    note: rows.bytes(row, 3),
                    epoch: rows.integer(row, 4) ?? -1,
                    nextOffset: rows.integer(row, 5) ?? -1,
                    previousSize: rows.integer(row, 6) ?? -1,
                    sources: sources,
                    eventKeys: rows.isNull(row, 11) ? nil : rows.bytes(row, 11),
                    isRight: isRight
                )
            )
        }
    }

    /// Holds the next checkpoint against the entries up to here.
    private mutating func pass() {
        let checkpoint = expected[nextExpected]
        nextExpected += 1
        let before = found.problemCount
        func wrong(_ what: String, _ column: String) {
            found.note(what, "checkpoints", column, row: checkpoint.size)
        }
        if isTreeKnown {
            let first = passed?.size ?? 0
            if checkpoint.root != frontier.range.root {
                wrong(
                    "is not that of the entries, of which those before \(first) were signed",
                    "root"
                )
            }
            var range: [UInt8] = []
            for hash in frontier.range.hashes { hash.append(to: &range) }
            if checkpoint.range != range { wrong("is not that of the entries", "range") }
        }
        if let head = verifyNote(checkpoint.note) {
            if head.size != checkpoint.size || isTreeKnown && head.root != frontier.range.root {
                wrong("is not that of the entries", "note")
            }
        } else {
            wrong("is not signed by this log's key", "note")
        }
        if checkpoint.epoch < passed?.epoch ?? 1 || checkpoint.epoch > cursorEpoch {
            wrong("\(checkpoint.epoch) does not follow from the others", "epoch")
        }
        if checkpoint.nextOffset <= lastOffset || checkpoint.nextOffset > cursorOffset {
            wrong("\(checkpoint.nextOffset) is not behind its entries", "next_offset")
        }
        // Where the bytes are those that were signed, so are the identifiers.
        let isSame = isTreeKnown && checkpoint.root == frontier.range.root
        let isWhole = isBatchWhole && checkpoint.previousSize == passed?.size ?? 0
        if let keys = checkpoint.eventKeys, isSame, isWhole, keys != eventKeys {
            wrong("are not those of the entries", "event_keys")
        }
        eventKeys.removeAll(keepingCapacity: true)
        checkSources(checkpoint)
        if found.problemCount == before { found.checkpoints += 1 }
        passed = checkpoint
    }

    /// Holds what stood beside the entries since the last checkpoint against the checkpoint's hash.
    private mutating func checkSources(_ checkpoint: Expected) {
        let first = passed?.size ?? 0
        let mine = sources.finish()
        let isComparable = isBatchWhole && checkpoint.isRight
        let next = checkpoint.sources?.hash ?? Digest()
        sources = SourceHash(after: next, partition: found.partition, firstIndex: checkpoint.size)
        isBatchWhole = true
        found.sourceHash = next
        guard checkpoint.previousSize == first else {
            if checkpoint.isRight {
                found.note("is missing", "checkpoints", row: checkpoint.previousSize)
            }
            return
        }
        guard isComparable else { return }
        guard let stored = checkpoint.sources else {
            // Those of before there were hashes are the first ones.
            guard passed?.sources != nil else { return }
            return found.note("is missing", "checkpoints", "source_hash", row: checkpoint.size)
        }
        guard mine != stored else { return }
        let count = checkpoint.size - first
        if let place = SourceHash.changedPlace(stored: stored, found: mine, count: count) {
            let what = "its offset, sequence or producer is not what was committed"
            found.note(what, "entries", row: first + place)
        } else if mine.sum == stored.sum, mine.moment == stored.moment {
            let what = "does not follow from that of checkpoint \(first)"
            found.note(what, "checkpoints", "source_hash", row: checkpoint.size)
        } else {
            let what =
                "offsets, sequences or producers up to entry \(checkpoint.size - 1) are not what "
                + "was committed"
            found.note(what, "entries", row: first)
        }
    }

    // MARK: Tiles

    /// Compares tiles of one level with the rows of the same places.
    mutating func compare(_ tiles: [TileFrontier.FullTile], _ rows: PostgresRows) {
        var row = 0
        for tile in tiles {
            let level = tile.level
            while row < rows.count, rows.integer(row, 0) ?? -1 < tile.index { row += 1 }
            guard row < rows.count, rows.integer(row, 0) == tile.index else {
                found.note("a tile of level \(level) is missing", "tiles", row: tile.index)
                continue
            }
            let stored = rows.withBytes(row, 1) { [Digest]($0) }
            let hashes = [Digest](tile.hashes.span)
            if stored == hashes {
                found.tiles += 1
            } else if level == 0,
                let place = zip(stored, hashes).enumerated().first(where: {
                    $1.0 != $1.1
                })?.offset
            {
                let index = tile.index * TileCoordinate.fullWidth + place
                found.note("its hash is not that of its tile", "entries", "payload", row: index)
                found.note("is not that of the entries", "tiles", "hashes", row: tile.index)
            } else {
                let what = "is not that of the entries, at level \(level)"
                found.note(what, "tiles", "hashes", row: tile.index)
            }
        }
    }

    // MARK: The end

    /// A condition on level and tile: the places of the full tiles that there have to be.
    var tileCondition: String {
        guard isTreeKnown else { return "true" }
        let layout = TileLayout(size: frontier.range.size)
        let levels = (0..<layout.levelCount).map { level in
            "(level = \(level) AND tile < \(layout.fullTileCount(level: level)))"
        }
        return levels.isEmpty ? "false" : levels.joined(separator: " OR ")
    }

    mutating func finish(edge: PostgresRows, tooManyTiles: PostgresRows) {
        let size = nextIndex
        (found.size, found.root) = (frontier.range.size, frontier.range.root)
        while nextExpected < expected.count {
            let row = expected[nextExpected].size
            let what = "there are not so many entries, or a checkpoint in their middle"
            found.note(what, "checkpoints", "size", row: row)
            nextExpected += 1
        }
        let signed = passed?.size ?? 0
        if signed < size {
            let what = "entries \(signed) to \(size - 1) are under no checkpoint"
            found.note(what, "entries", row: signed)
            found.note("is missing, or one beyond it", "checkpoints", row: size)
        }
        let stored = edge.count == 1 ? edge.bytes(0, 0) : []
        if isTreeKnown, stored != frontier.bytes {
            let leaves = [Digest](stored.span)
            let mine = frontier.partial.first ?? []
            if let place = zip(leaves, mine).enumerated().first(where: { $1.0 != $1.1 })?.offset {
                let index = size - mine.count + place
                found.note(
                    "its hash is not that of the tree's edge",
                    "entries",
                    "payload",
                    row: index
                )
            }
            let row = "\(found.partition)"
            found.note("is not that of the entries", "trees", "partial", named: row)
        }
        for row in 0..<tooManyTiles.count {
            let what = "there is no such tile, at level \(tooManyTiles.integer(row, 0) ?? -1)"
            found.note(what, "tiles", row: tooManyTiles.integer(row, 1) ?? -1)
        }
        if let passed, cursorEpoch < passed.epoch || cursorOffset < passed.nextOffset {
            found.note("is behind the newest checkpoint", "cursors", "next_offset")
        }
    }
}

extension String {
    /// The text with every control character as an escape.
    fileprivate var debugText: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            text +=
                scalar.properties.generalCategory == .control
                ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }
}
