import StreamsEmbedded

/// Where the files of an embedded ledger lie.
///
///     <ledger>/format                        kind and version
///     <ledger>/run.lock                      who writes
///     <ledger>/entries/00000000000000000000.led   segments, by the index of their first entry
///     <ledger>/head                          how far the ledger is published
///     <ledger>/tree/00, 01, ...              derived: one list of hashes for each level of tiles
///     <ledger>/frames                        derived: where each frame of entries lies
///
/// Segments are the ledger of record: all else can be made again from them. One has its name once its
/// first frame is durable; what a crash has left of one before, under the name with `.new` behind it,
/// counts for nothing. Their frames, in the format of `FrameHeader`, are
///
///     1  entries: UInt32 end offsets of N entries, then their canonical bytes
///     2  commit: a ``LedgerRecord``; it makes the entries before it part of the ledger
///     3  state: a record with every producer's mark; the first frame of each segment
///     4  claim: a record that only raises the epoch
///
/// The count of a frame of entries is N, its base the index of the first; other frames count 0.
struct LedgerFiles: Sendable {
    static let format = FormatVersionFile(kind: "ledger", version: 2, oldest: 2)

    let folder: String
    let segments: SegmentFolder

    init(_ folder: String) {
        self.folder = folder
        segments = SegmentFolder("\(folder)/entries", suffix: ".led")
    }

    var head: String { "\(folder)/head" }

    var tree: String { "\(folder)/tree" }

    var frames: String { "\(folder)/frames" }

    /// What a segment's frame holds.
    enum Kind: UInt16 {
        case entries = 1
        case commit = 2
        case state = 3
        case claim = 4
    }
}
