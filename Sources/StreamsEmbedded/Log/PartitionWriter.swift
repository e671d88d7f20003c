import Streams

/// Writes one partition: decides what is new, writes frames, publishes how far they are durable.
///
/// Blocking; owned by the appender, which runs it on its own thread.
struct PartitionWriter: Sendable {
    private let files: PartitionFiles
    private let segmentLimit: Int
    private var writer: SegmentWriter
    private var endFile: DoubleSlotFile
    private(set) var state: LogState
    /// Whether frames were written that are not durable yet.
    private var isDirty = false

    var partition: Int { files.partition }

    /// The offset that the next record gets.
    var nextOffset: Int { writer.nextBase }

    /// How a partition was found; nothing is changed yet.
    struct Inspection {
        fileprivate let files: PartitionFiles
        fileprivate let segment: SegmentFile
        fileprivate let tail: SegmentFile.Tail
        fileprivate let state: LogState
        /// Whether the file that says how far it is durable is missing or half right.
        fileprivate let isEndWrong: Bool
    }

    /// Finds where a partition ends, and changes nothing.
    ///
    /// - Parameters:
    ///   - files: The partition's.
    ///   - floor: The first offset that nobody relies on yet: what lies below must be there.
    /// - Returns: What ``init(_:segmentLimit:report:)`` takes.
    /// - Throws: ``StorageError``.
    static func inspect(
        _ files: PartitionFiles,
        floor: Int
    ) throws(StorageError) -> Inspection {
        let (published, isEndWrong) = try published(files)
        guard let base = try files.segments.bases().last else {
            throw .damaged(Damage(path: files.folder, offset: 0, reason: "no segment is there"))
        }
        let segment = try files.segments.open(base, .update)
        var state = LogState()
        let tail = try inspect(segment, into: &state)
        try require(tail, of: segment, published: published, floor: floor)
        return Inspection(
            files: files,
            segment: segment,
            tail: tail,
            state: state,
            isEndWrong: isEndWrong
        )
    }

    /// Makes a partition ready to be written: cuts a torn tail and publishes what is there.
    ///
    /// - Parameters:
    ///   - inspection: What was found.
    ///   - segmentLimit: The size in bytes from which on a new segment is begun.
    ///   - report: Takes what was mended.
    /// - Throws: ``StorageError/file(_:)``; no record is lost.
    init(
        _ inspection: Inspection,
        segmentLimit: Int,
        report: inout RecoveryReport
    ) throws(StorageError) {
        let (segment, tail) = (inspection.segment, inspection.tail)
        files = inspection.files
        state = inspection.state
        self.segmentLimit = segmentLimit
        if inspection.isEndWrong { report.rewritten.append(files.end) }
        if let reason = tail.reason {
            try segment.cut(tail)
            report.cuts.append(
                RecoveryReport.Cut(
                    path: segment.path,
                    from: tail.end,
                    to: tail.size,
                    reason: reason
                )
            )
        }
        writer = SegmentWriter(segment, in: files.segments, after: tail)
        // What a killed process wrote may still be in the system's memory only.
        try writer.sync()
        endFile = try Self.openEnd(files, writer, state)
        try publish()
    }
    /// Writes what is new of `append`.
    ///
    /// It is durable after ``sync()`` only.
    mutating func append(_ append: PreparedAppend) throws(StorageError) -> Appended {
        switch state.novelty(of: append) {
        case .nothing:
            return Appended(
                offsets: nextOffset..<nextOffset,
                alreadyThere: append.batch.records.count
            )
        case .all:
            return Appended(offsets: try write(append), alreadyThere: 0)
        case .part(let part, let alreadyThere):
            let prepared = try PreparedAppend(part, in: [])
            return Appended(offsets: try write(prepared), alreadyThere: alreadyThere)
        }
    }

    /// Returns when all that was appended is durable and readers know it.
    mutating func sync() throws(StorageError) {
        guard isDirty else { return }
        try writer.sync()
        try publish()
        isDirty = false
    }

    /// Ends the writing; everything appended must have been synced.
    func close() {
        writer.giveBack()
    }

    private mutating func write(_ append: PreparedAppend) throws(StorageError) -> Range<Int> {
        guard state.hasRoom(for: append) else {
            throw .tooLarge(byteCount: state.byteCount, limit: LogState.byteLimit)
        }
        if writer.end + FrameHeader.byteCount + append.payload.count > segmentLimit { try roll() }
        let base = writer.nextBase
        isDirty = true
        try writer.append(
            append.payload.span,
            kind: RecordFrame.kind,
            flags: append.flags,
            count: append.batch.records.count,
            checksum: append.checksum
        )
        for run in append.runs where run.highest >= 0 { state.raise(run.name, to: run.highest) }
        state.add(append.batch.journal, base: base)
        return base..<writer.nextBase
    }

    /// Begins a new segment with a summary of all before it, unless this one has no record yet.
    private mutating func roll() throws(StorageError) {
        guard writer.nextBase > writer.segment.base else { return }
        try writer.sync()
        let summary = state.summary
        try writer.roll(summary.span, kind: LogState.summaryKind)
    }

    private mutating func publish() throws(StorageError) {
        let end = Self.end(writer, state)
        try StorageError.wrap { () throws(FileError) in
            try endFile.write(end.record, isDurable: false)
        }
    }

    private static func end(_ writer: SegmentWriter, _ state: LogState) -> DurableEnd {
        DurableEnd(
            offset: writer.nextBase,
            segment: writer.segment.base,
            position: writer.end,
            letters: state.letters,
            redriven: state.redriven.count
        )
    }
}

extension PartitionWriter {
    /// What was published, or `nil` if the file is missing, and whether it must be mended.
    private static func published(
        _ files: PartitionFiles
    ) throws(StorageError) -> (DurableEnd?, isWrong: Bool) {
        guard Folder.exists(files.end) else { return (nil, true) }
        let (end, damagedSlots) = try DurableEnd.read(files.end)
        return (end, !damagedSlots.isEmpty)
    }

    private static func openEnd(
        _ files: PartitionFiles,
        _ writer: SegmentWriter,
        _ state: LogState
    ) throws(StorageError) -> DoubleSlotFile {
        if !Folder.exists(files.end) {
            try StorageError.wrap { () throws(FileError) in
                try DoubleSlotFile.create(files.end, record: end(writer, state).record)
            }
        }
        return try DoubleSlotFile(files.end)
    }

    private static func inspect(
        _ segment: SegmentFile,
        into state: inout LogState
    ) throws(StorageError) -> SegmentFile.Tail {
        var found = LogState()
        let tail = try segment.inspect { (frame, payload) throws(StorageError) in
            var reason = found.add(frame.header, payload)
            if (frame.header.kind == LogState.summaryKind) != (frame.position == 0) {
                reason = "a summary stands at the start of a segment, and only there"
            }
            guard let reason else { return }
            throw .damaged(Damage(path: segment.path, offset: frame.position, reason: reason))
        }
        state = found
        return tail
    }

    /// Throws if what must be durable is not there.
    private static func require(
        _ tail: SegmentFile.Tail,
        of segment: SegmentFile,
        published: DurableEnd?,
        floor: Int
    ) throws(StorageError) {
        let published =
            published
            ?? DurableEnd(
                offset: 0,
                segment: 0,
                position: 0,
                letters: 0,
                redriven: 0
            )
        let isMissing =
            published.segment > segment.base
            || (published.segment == segment.base && published.position > tail.end)
        let required = max(floor, isMissing ? published.offset : 0)
        guard isMissing || required > tail.nextBase else { return }
        if let reason = tail.reason {
            throw .damaged(Damage(path: segment.path, offset: tail.end, reason: reason))
        }
        throw .endsBelow(path: segment.path, end: tail.nextBase, required: required)
    }
}
