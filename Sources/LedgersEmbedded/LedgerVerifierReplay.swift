import Cryptography
import Ledgers
import Merkle
import StreamsEmbedded

/// Follows the frames of a ledger from the first and holds each against what came before.
///
/// After damage nothing that adds up is held against the rest: what the next record says is taken,
/// and the frames behind it have to follow from that.
struct LedgerVerifierReplay {
    /// More entries than any ledger has; what counts on from them cannot overflow.
    private static let sizeLimit = 1 << 48

    var found = LedgerVerification()
    /// Where the segment at hand lies.
    var path = ""

    private let verifyNote: CheckpointVerifier
    private var watched: [Int]
    private var hashes: LedgerVerifierTree
    private var frames: LedgerVerifierFrames
    private(set) var tree = CompactRange()
    /// The newest record, unless damage came after it.
    private(set) var record: LedgerRecord?
    /// How many records there were, so that the first one needs none before it.
    private var hasRecord = false
    private var isTreeKnown = true
    private var isWhole = true
    /// The number of entries whose commit has not come yet.
    private var pending = 0
    private var marks: [[UInt8]: Int] = [:]
    private var areMarksKnown = true

    init(_ files: LedgerFiles, watching sizes: [Int], _ verifyNote: @escaping CheckpointVerifier) {
        self.verifyNote = verifyNote
        watched = sizes.filter { $0 >= 0 }.sorted()
        hashes = LedgerVerifierTree(files.tree)
        frames = LedgerVerifierFrames(files.frames)
        noteRoots(before: CompactRange(), [])
    }

    /// Begins a segment; the first frame must be a state.
    mutating func beginSegment(_ base: Int, in folder: SegmentFolder) {
        let before = path
        if pending > 0 { note("ends with entries without their commit", 0, index: tree.size) }
        pending = 0
        path = folder.path(of: base)
        guard isTreeKnown, base != tree.size else { return }
        note("begins with entry \(base), not with \(tree.size)", 0, index: tree.size)
        // Either the segment before is too short, or one between them is missing.
        let missing = folder.path(of: tree.size)
        let what = "entries \(tree.size) to \(base - 1) are missing"
        if !before.isEmpty { found.problems.note(what, before, index: tree.size) }
        if missing != before, base > tree.size {
            found.problems.note(what, missing, index: tree.size)
        }
        loseTrack()
    }

    /// Says that bytes could not be read as frames.
    mutating func damage(_ reason: String, _ offset: Int) {
        note(reason, offset, index: isTreeKnown ? tree.size : nil)
        loseTrack()
    }

    private mutating func loseTrack() {
        record = nil
        pending = 0
        (isTreeKnown, areMarksKnown, isWhole) = (false, false, false)
    }

    private mutating func note(_ what: String, _ offset: Int, index: Int? = nil) {
        found.problems.note(what, path, at: offset, index: index)
    }

    /// Takes a frame of entries that were checked by themselves.
    mutating func add(
        _ frame: FrameScanner.Frame,
        _ entries: LedgerVerifierEntries,
        segment: Int
    ) {
        let base = frame.header.base
        guard base <= Self.sizeLimit else { return damage("counts too far", frame.position) }
        if pending > 0 { note("entries where a commit belongs", frame.position, index: base) }
        if frame.position == 0 { note("a segment begins with a state", 0, index: base) }
        for flaw in entries.flaws {
            let offset = frame.position + FrameHeader.byteCount + flaw.offset
            note("is no event: \(flaw.reason)", offset, index: base + flaw.number)
        }
        hashes.compare(entries.leaves.span, level: 0, from: base, &found.problems)
        let place = FrameList.Place(index: base, segment: segment, position: frame.position)
        frames.compare(place, isKnown: isWhole, &found.problems)
        found.entries += entries.leaves.count - entries.flaws.count
        pending = entries.leaves.count
        guard isTreeKnown, base == tree.size else { return }
        noteRoots(before: tree, entries.leaves)
        var nodes: [(NodeCoordinate, Digest)] = []
        tree.append(contentsOf: entries.leaves.span) { node, hash in
            if node.level % TileCoordinate.height == 0 { nodes.append((node, hash)) }
        }
        for (node, hash) in nodes { hashes.compare(node, hash, &found.problems) }
    }

    /// Keeps the roots of the watched sizes that are passed with these leaves.
    private mutating func noteRoots(before: CompactRange, _ leaves: [Digest]) {
        while let size = watched.first, size <= before.size + leaves.count {
            watched.removeFirst()
            var tree = before
            tree.append(contentsOf: leaves.span.extracting(first: max(0, size - before.size)))
            if tree.size == size { found.roots[size] = tree.root }
        }
    }

    /// Takes the payload of a frame that is not of entries.
    mutating func add(_ frame: FrameScanner.Frame, record payload: [UInt8]) {
        let position = frame.position
        guard let kind = LedgerFiles.Kind(rawValue: frame.header.kind), kind != .entries else {
            return damage("a frame of the unknown kind \(frame.header.kind)", position)
        }
        guard frame.header.count == 0, let next = LedgerRecord(payload),
            next.tree.size == frame.header.base, next.tree.size <= Self.sizeLimit
        else { return damage("holds no record", position) }
        if (kind == .state) != (position == 0) {
            note("a state stands at the start of a segment, and only there", position)
        }
        checkTree(next, kind, position)
        checkDelivery(next, kind, position)
        checkMarks(next, kind, position)
        checkNote(next, kind, position)
        if kind == .commit { found.commits += 1 }
        (pending, isTreeKnown, hasRecord) = (0, true, true)
        tree = next.tree
        record = next
    }

    private mutating func checkTree(
        _ next: LedgerRecord,
        _ kind: LedgerFiles.Kind,
        _ position: Int
    ) {
        if kind != .commit, pending > 0 { note("entries without their commit", position) }
        if isTreeKnown, next.tree != tree {
            let first = tree.size - min(pending, tree.size)
            note("the tree is not that of the entries before it", position, index: first)
        }
    }

    private mutating func checkDelivery(
        _ next: LedgerRecord,
        _ kind: LedgerFiles.Kind,
        _ position: Int
    ) {
        if kind != .commit, next.from != next.to || !next.refused.isEmpty {
            note("a \(kind) moves nothing", position)
        }
        for letter in next.refused where !(next.from..<next.to).contains(letter.offset) {
            note("the dead letter of offset \(letter.offset) is none of its batch", position)
        }
        if let record {
            if next.from != record.to {
                note("goes on from offset \(next.from), not from \(record.to)", position)
            }
            if next.epoch < record.epoch { note("the epoch falls to \(next.epoch)", position) }
            if kind != .claim, next.epoch != record.epoch {
                note("only a claim raises the epoch", position)
            }
            if next.lettersBefore != record.letters {
                note("counts \(next.lettersBefore) dead letters, not \(record.letters)", position)
            }
        } else if !hasRecord, isWhole, next.from != 0 || next.epoch != 0 || next.letters != 0 {
            note("the first record is not the beginning", position)
        }
    }

    private mutating func checkMarks(
        _ next: LedgerRecord,
        _ kind: LedgerFiles.Kind,
        _ position: Int
    ) {
        if kind == .state {
            let all = Dictionary(next.marks.map { ($0.producer, $0.sequence) }) { $1 }
            if areMarksKnown, all != marks {
                note("the producers' marks are not those of the commits before", position)
            }
            (marks, areMarksKnown) = (all, true)
            return
        }
        if kind == .claim, !next.marks.isEmpty { note("a claim moves no mark", position) }
        for mark in next.marks {
            if let before = marks[mark.producer], mark.sequence <= before {
                note("a producer's mark falls from \(before) to \(mark.sequence)", position)
            }
            marks[mark.producer] = mark.sequence
        }
    }

    /// Checks a checkpoint that is not that of the record before.
    ///
    /// Each must be of exactly the tree over the entries before it, whose root was computed from their
    /// bytes. So every two of them are consistent without a proof: the entries of the smaller tree are
    /// the first ones of the larger, which is all that a consistency proof could show.
    private mutating func checkNote(
        _ next: LedgerRecord,
        _ kind: LedgerFiles.Kind,
        _ position: Int
    ) {
        if let record, next.note == record.note {
            if next.tree.size != record.tree.size {
                note("there is no checkpoint of \(next.tree.size) entries", position)
            }
            return
        }
        if record != nil, kind != .commit { note("only a commit has a new checkpoint", position) }
        guard let head = verifyNote(next.note) else {
            return note("the checkpoint is not signed by this log's key", position)
        }
        guard head.size == next.tree.size, head.root == next.tree.root else {
            let size = next.tree.size
            return note("the checkpoint is not that of the \(size) entries", position)
        }
        found.checkpoints += 1
    }

    /// Compares the published head with the end of the segments.
    mutating func finish(_ head: LedgerHead?, _ path: String) {
        self.path = path
        (found.size, found.root) = (tree.size, tree.root)
        guard let record else { return }
        (found.letters, found.nextOffset) = (record.letters, record.to)
        guard let head else { return }
        if pending > 0 { note("publishes entries without their commit", 0) }
        if head.size != tree.size || head.root != tree.root {
            note("says \(head.size) entries, of which there are \(tree.size)", 0)
        }
        if head.nextOffset != record.to || head.epoch != record.epoch
            || head.letters != record.letters || head.note != record.note
        {
            note("says something else than the newest record", 0)
        }
    }
}
