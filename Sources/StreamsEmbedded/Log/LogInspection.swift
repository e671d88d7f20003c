import Streams

/// What one partition of a log holds, as far as is durable.
public struct PartitionStatus: Equatable, Sendable {
    public let partition: Int
    /// The first offset.
    public let begin: Int
    /// The offset that the next record gets.
    public let end: Int
    /// The size of its segments in bytes.
    public let byteCount: Int
    /// How many inputs could not become records.
    public let letters: Int
    /// How many of those were sent again since.
    public let redriven: Int
}

/// A letter, and where what was sent again for it lies.
public struct StoredLetter: Equatable, Sendable {
    public let letter: IngestLetter
    /// The offset of the record that stands for it, or `nil` if it was not sent again.
    public let redrivenAt: Int?
}

extension EmbeddedEventLog {
    /// What each partition holds, by number.
    public func status() async throws(StorageError) -> [PartitionStatus] {
        let files = files
        return try await executor.perform { () throws(StorageError) in
            var all: [PartitionStatus] = []
            for partition in files { all.append(try PartitionContents(partition).status()) }
            return all
        }
    }

    /// How far `source` is in the log, or `nil` if nothing of it is.
    public func progress(
        of source: String,
        in partition: Int = 0
    ) async throws(StorageError) -> SourceProgress? {
        let files = try files(of: partition)
        return try await executor.perform { () throws(StorageError) in
            try PartitionContents(files).journal().progress[source]
        }
    }

    /// The offset at which what was sent again for each letter lies, by the letter's name.
    ///
    /// The names may be those of letters that are kept elsewhere, such as in what is made of the log.
    public func redriven(in partition: Int = 0) async throws(StorageError) -> [String: Int] {
        let files = try files(of: partition)
        return try await executor.perform { () throws(StorageError) in
            try PartitionContents(files).journal().redriven
        }
    }

    /// The letters of a partition, in the order in which they came.
    ///
    /// - Parameters:
    ///   - partition: From 0.
    ///   - visit: Is called on the log's thread with one letter after another, which is all that is in
    ///     memory; returns whether to go on.
    /// - Throws: ``StorageError``, after the letters before the damage were visited.
    public func letters(
        in partition: Int = 0,
        _ visit: @escaping @Sendable (StoredLetter) -> Bool
    ) async throws(StorageError) {
        let files = try files(of: partition)
        try await executor.perform { () throws(StorageError) in
            let contents = try PartitionContents(files)
            let redriven = try contents.journal().redriven
            try contents.letters { letter in
                visit(StoredLetter(letter: letter, redrivenAt: redriven[letter.id]))
            }
        }
    }

    /// The letter of this name, or `nil` if there is none.
    public func letter(
        _ id: String,
        in partition: Int = 0
    ) async throws(StorageError) -> StoredLetter? {
        let files = try files(of: partition)
        return try await executor.perform { () throws(StorageError) in
            let contents = try PartitionContents(files)
            var found: IngestLetter?
            try contents.letters { letter in
                if letter.id == id { found = letter }
                return found == nil
            }
            guard let found else { return nil }
            return StoredLetter(
                letter: found,
                redrivenAt: try contents.journal().redriven[id]
            )
        }
    }

    private func files(of partition: Int) throws(StorageError) -> PartitionFiles {
        guard files.indices.contains(partition) else { throw .noSuchPartition(partition) }
        return files[partition]
    }
}

/// A partition's files up to what was durable when it was made; blocking.
struct PartitionContents {
    let files: PartitionFiles
    let end: DurableEnd
    /// The segments up to the newest durable one, by the numbers they begin with.
    let bases: [Int]

    init(_ files: PartitionFiles) throws(StorageError) {
        self.files = files
        let end = try DurableEnd.read(files.end).0
        self.end = end
        bases = try files.segments.bases().filter { $0 <= end.segment }
        guard bases.last == end.segment else {
            let path = files.segments.path(of: end.segment)
            throw .file(FileError(.notFound, operation: "open", path: path))
        }
    }

    /// How far a segment is to be read, in bytes.
    func limit(of segment: SegmentFile) throws(StorageError) -> Int {
        if segment.base == end.segment { return end.position }
        return try StorageError.wrap { () throws(FileError) in try segment.file.size }
    }

    func status() throws(StorageError) -> PartitionStatus {
        var byteCount = 0
        for base in bases { byteCount += try limit(of: try files.segments.open(base)) }
        return PartitionStatus(
            partition: files.partition,
            begin: bases.first ?? 0,
            end: end.offset,
            byteCount: byteCount,
            letters: end.letters,
            redriven: end.redriven
        )
    }

    /// What the journals add up to; without the marks of producers.
    func journal() throws(StorageError) -> LogState {
        var state = LogState()
        let segment = try files.segments.open(end.segment)
        try visit(segment) { (frame, payload) throws(StorageError) in
            if frame.header.kind == LogState.summaryKind {
                guard let summary = LogState(summary: payload.span) else {
                    throw damage(segment, frame, "the summary is not right")
                }
                state = summary
            } else {
                state.add(try entries(segment, frame, payload), base: frame.header.base)
            }
            return true
        }
        return state
    }

    /// Calls `visit` with each letter, until it returns `false`.
    func letters(_ visit: (IngestLetter) -> Bool) throws(StorageError) {
        var goesOn = true
        for base in bases where goesOn {
            let segment = try files.segments.open(base)
            try self.visit(segment) { (frame, payload) throws(StorageError) in
                guard frame.header.flags & RecordFrame.hasLetters != 0 else { return true }
                for case .letter(let letter) in try entries(segment, frame, payload) where goesOn {
                    goesOn = visit(letter)
                }
                return goesOn
            }
        }
    }

    /// Reads the payload of every frame that is a summary or has a journal.
    private func visit(
        _ segment: SegmentFile,
        _ body: (FrameScanner.Frame, [UInt8]) throws(StorageError) -> Bool
    ) throws(StorageError) {
        let limit = try limit(of: segment)
        var scanner = FrameScanner(segment.file, upTo: limit, base: segment.base, window: 1 << 14)
        while true {
            let step = try StorageError.wrap { () throws(FileError) in try scanner.nextHeader() }
            switch step {
            case .end:
                return
            case .broken(let reason):
                throw .damaged(
                    Damage(path: segment.path, offset: scanner.position, reason: reason)
                )
            case .frame(let frame):
                let isWanted =
                    frame.header.kind == LogState.summaryKind
                    || frame.header.flags & RecordFrame.hasJournal != 0
                guard isWanted else { continue }
                guard try body(frame, try payload(segment, frame)) else { return }
            }
        }
    }

    private func payload(
        _ segment: SegmentFile,
        _ frame: FrameScanner.Frame
    ) throws(StorageError) -> [UInt8] {
        var payload: [UInt8] = []
        do {
            let start = frame.position + FrameHeader.byteCount
            try segment.file.read(frame.header.payloadCount, at: start, into: &payload)
        } catch {
            throw .file(error)
        }
        guard CRC32C.checksum(of: payload.span) == frame.header.payloadChecksum else {
            throw damage(segment, frame, "the checksum of the payload is wrong")
        }
        return payload
    }

    private func entries(
        _ segment: SegmentFile,
        _ frame: FrameScanner.Frame,
        _ payload: [UInt8]
    ) throws(StorageError) -> [JournalEntry] {
        let span = payload.span
        guard frame.header.kind == RecordFrame.kind,
            let parts = RecordFrame(span, count: frame.header.count),
            let entries = parts.journalEntries(span)
        else { throw damage(segment, frame, "the parts of the frame do not fit") }
        return entries
    }

    private func damage(
        _ segment: SegmentFile,
        _ frame: FrameScanner.Frame,
        _ reason: String
    ) -> StorageError {
        .damaged(Damage(path: segment.path, offset: frame.position, reason: reason))
    }
}
