/// Where the files of a log's partition lie.
///
///     <log>/format                          kind and version
///     <log>/append.lock                     who appends
///     <log>/0/00000000000000000000.log      segments of partition 0, by their first offset
///     <log>/0/end                           how far it is durable
///
/// A segment begins with a summary and has its name once that is durable; what a crash has left of one
/// before, under the name with `.new` behind it, counts for nothing.
struct PartitionFiles: Sendable {
    static let format = FormatVersionFile(kind: "event-log", version: 2, oldest: 2)

    let partition: Int
    let folder: String
    let segments: SegmentFolder

    init(log: String, partition: Int) {
        self.partition = partition
        folder = "\(log)/\(partition)"
        segments = SegmentFolder(folder, suffix: ".log")
    }

    var end: String { "\(folder)/end" }

    /// The partitions of the log at `log`, after checking its version.
    static func all(in log: String) throws(StorageError) -> [PartitionFiles] {
        try format.check(log)
        var all: [PartitionFiles] = []
        while true {
            let next = PartitionFiles(log: log, partition: all.count)
            guard Folder.isFolder(next.folder) else { break }
            all.append(next)
        }
        guard !all.isEmpty else {
            let damage = Damage(path: "\(log)/0", offset: 0, reason: "the partition is missing")
            throw .damaged(damage)
        }
        return all
    }

    /// Makes the files of a partition without records, durably.
    ///
    /// What a creation that was cut short has left is made anew; files that hold more are refused.
    func create() throws(StorageError) {
        try StorageError.wrap { () throws(FileError) in try Folder.create(folder) }
        let summary = LogState().summary
        for base in try segments.bases() {
            let segment = try segments.open(base)
            let size = try StorageError.wrap { () throws(FileError) in try segment.file.size }
            guard base == 0, size <= FrameHeader.byteCount + summary.count else {
                throw .file(FileError(.alreadyExists, operation: "create", path: segment.path))
            }
            try segments.remove(base)
        }
        let writer = try SegmentWriter(
            creating: 0,
            in: segments,
            first: summary.span,
            kind: LogState.summaryKind
        )
        let end = DurableEnd(offset: 0, segment: 0, position: writer.end, letters: 0, redriven: 0)
        try StorageError.wrap { () throws(FileError) in
            try DoubleSlotFile.create(self.end, record: end.record)
        }
    }
}
