import Streams

/// Some frames of a partition as they lie in the file, with the records in them.
struct LogChunk: Sendable {
    /// The frames: the arena of the records.
    var bytes: [UInt8] = []
    var elements: [LogRecord] = []
    /// The offsets that it stands for.
    var offsets = 0..<0

    /// Empties it for new frames, keeping the memory if nobody else holds it.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        elements.removeAll(keepingCapacity: true)
        offsets = 0..<0
    }
}

/// A place in a partition from which frames are read, a megabyte at a time, up to the durable end.
///
/// Blocking; it is run on a ``BlockingExecutor``.
struct LogCursor: Sendable {
    static let window = 1 << 20

    private let files: PartitionFiles
    private let endFile: File
    private var end: DurableEnd
    private var segment: SegmentFile
    /// The size of the segment, once it is not the newest.
    private var segmentSize: Int?
    /// Where the next frame begins.
    private var position = 0
    /// The number that it must begin with.
    private var base: Int
    /// The first offset that is wanted.
    private var wanted: Int
    private var previousChecksum: UInt32?

    /// Finds `offset`.
    ///
    /// - Throws: ``EventLogError/offsetOutOfRange(partition:offset:begin:end:)``, or why the files
    ///   could not be read.
    init(_ files: PartitionFiles, from offset: Int) throws(EventLogError) {
        self.files = files
        do throws(StorageError) {
            endFile = try StorageError.wrap { () throws(FileError) in try File(files.end, .read) }
            end = try DurableEnd.decode(try DoubleSlotFile.read(endFile), path: files.end)
            let bases = try files.segments.bases()
            guard let index = SegmentFolder.index(holding: max(0, offset), in: bases) else {
                throw .damaged(
                    Damage(path: files.folder, offset: 0, reason: "a segment is missing")
                )
            }
            // Beyond the newest durable segment there is nothing to read yet.
            segment = try files.segments.open(min(bases[index], end.segment))
        } catch {
            throw error.asEventLogError(files.partition, offset)
        }
        base = segment.base
        wanted = offset
        guard (0...end.offset).contains(offset) else {
            throw .offsetOutOfRange(
                partition: files.partition,
                offset: offset,
                begin: 0,
                end: end.offset
            )
        }
        try storage { (cursor) throws(StorageError) in try cursor.skip(to: offset) }
    }

    /// Reads the next frames into `chunk`, which comes empty.
    ///
    /// - Returns: Whether there were any; `chunk` may have no records even so.
    /// - Throws: ``EventLogError``.
    mutating func next(into chunk: inout LogChunk) throws(EventLogError) -> Bool {
        var isRead = false
        try storage { (cursor) throws(StorageError) in isRead = try cursor.read(into: &chunk) }
        return isRead
    }

    private mutating func storage(
        _ body: (inout Self) throws(StorageError) -> Void
    ) throws(EventLogError) {
        do {
            try body(&self)
        } catch {
            throw error.asEventLogError(files.partition, max(base, wanted))
        }
    }

    private mutating func read(into chunk: inout LogChunk) throws(StorageError) -> Bool {
        guard let limit = try limit() else { return false }
        let start = position
        chunk.offsets = max(base, wanted)..<max(base, wanted)
        try fill(&chunk.bytes, from: start, count: min(Self.window, limit - start))
        while position < limit {
            do throws(StorageError) {
                guard try readFrame(into: &chunk, from: start, limit: limit) else { break }
            } catch {
                // What came before the damage is given first; the next read finds it again.
                if position == start { throw error }
                break
            }
        }
        chunk.bytes.removeLast(chunk.bytes.count - (position - start))
        wanted = max(base, wanted)
        chunk.offsets = chunk.offsets.lowerBound..<wanted
        return true
    }

    /// Takes the frame at the position, or returns `false` if it is left for the next chunk.
    private mutating func readFrame(
        into chunk: inout LogChunk,
        from start: Int,
        limit: Int
    ) throws(StorageError) -> Bool {
        let at = position - start
        guard let header = try header(in: chunk.bytes, at: at, limit: limit) else { return false }
        let missing = at + header.frameCount - chunk.bytes.count
        if missing > 0 {
            // What is whole goes first; a frame larger than the window is read alone.
            if at > 0 { return false }
            try fill(&chunk.bytes, from: start + chunk.bytes.count, count: missing)
        }
        let count = chunk.elements.count
        do throws(StorageError) {
            try take(header, in: chunk.bytes, at: at, into: &chunk.elements)
        } catch {
            chunk.elements.removeLast(chunk.elements.count - count)
            throw error
        }
        return true
    }

    /// Where reading must stop in this segment, or `nil` if nothing more is durable.
    private mutating func limit() throws(StorageError) -> Int? {
        if segment.base == end.segment, position >= end.position {
            end = try DurableEnd.decode(try DoubleSlotFile.read(endFile), path: files.end)
        }
        if segment.base == end.segment { return position < end.position ? end.position : nil }
        let size: Int
        if let segmentSize {
            size = segmentSize
        } else {
            size = try StorageError.wrap { () throws(FileError) in try segment.file.size }
            segmentSize = size
        }
        if position < size { return size }
        // Offsets of an older segment go on in the next one, which bears their number.
        guard base > segment.base, base <= end.segment,
            Folder.exists(files.segments.path(of: base))
        else { throw damage("records are missing from \(base) on") }
        segment = try files.segments.open(base)
        segmentSize = nil
        position = 0
        previousChecksum = 0
        return try limit()
    }

    private func fill(
        _ bytes: inout [UInt8],
        from start: Int,
        count: Int
    ) throws(StorageError) {
        do {
            try segment.file.read(count, at: start, into: &bytes)
        } catch {
            throw .file(error)
        }
    }

    /// The header at `at`, or `nil` if it lies beyond what was read and more can be.
    private func header(
        in bytes: [UInt8],
        at: Int,
        limit: Int
    ) throws(StorageError) -> FrameHeader? {
        guard bytes.count - at >= FrameHeader.byteCount else {
            if at > 0, limit - position >= FrameHeader.byteCount { return nil }
            throw damage("a header is cut short")
        }
        let span = bytes.span
        guard let header = FrameHeader(span.extracting(at..<at + FrameHeader.byteCount)) else {
            throw damage("no frame begins here")
        }
        guard header.frameCount <= limit - position else { throw damage("the frame is cut short") }
        guard header.base == base else {
            throw damage("numbers go on with \(header.base), not with \(base)")
        }
        guard previousChecksum == nil || header.previousChecksum == previousChecksum else {
            throw damage("the frame does not belong behind the one before")
        }
        return header
    }

    /// Checks a whole frame, takes its records and goes behind it.
    private mutating func take(
        _ header: FrameHeader,
        in bytes: [UInt8],
        at: Int,
        into elements: inout [LogRecord]
    ) throws(StorageError) {
        let start = at + FrameHeader.byteCount
        guard bytes.count - start >= header.payloadCount else {
            throw damage("the frame is cut short")
        }
        let span = bytes.span
        let payload = span.extracting(start..<start + header.payloadCount)
        guard CRC32C.checksum(of: payload) == header.payloadChecksum else {
            throw damage("the checksum of the payload is wrong")
        }
        if header.kind == RecordFrame.kind {
            guard let frame = RecordFrame(payload, count: header.count),
                frame.append(
                    to: &elements,
                    from: wanted,
                    header: header,
                    payload: payload,
                    at: start
                )
            else { throw damage("the parts of the frame do not fit") }
        } else if header.kind != LogState.summaryKind {
            throw damage("a frame of unknown kind \(header.kind)")
        }
        previousChecksum = span.integer(at: at + 4, as: UInt32.self)
        position += header.frameCount
        base = header.nextBase
    }

    /// Goes to the frame that holds `offset`, by headers.
    private mutating func skip(to offset: Int) throws(StorageError) {
        let size = try StorageError.wrap { () throws(FileError) in try segment.file.size }
        let limit = segment.base == end.segment ? end.position : size
        var scanner = FrameScanner(segment.file, upTo: limit, base: base, window: 1 << 14)
        while true {
            let step = try StorageError.wrap { () throws(FileError) in try scanner.nextHeader() }
            switch step {
            case .frame(let frame) where frame.header.nextBase <= offset:
                position = frame.end
                base = frame.header.nextBase
                previousChecksum = frame.checksum
            case .frame, .end:
                return
            case .broken(let reason):
                throw damage(reason)
            }
        }
    }

    private func damage(_ reason: String) -> StorageError {
        .damaged(Damage(path: segment.path, offset: position, reason: reason))
    }
}

extension StorageError {
    /// The same for those who know the log by its contract.
    func asEventLogError(_ partition: Int, _ offset: Int) -> EventLogError {
        switch self {
        case .damaged(let damage):
            .damaged(partition: partition, offset: offset, reason: damage.description)
        case .noSuchPartition(let partition): .noSuchPartition(partition)
        case .tooLarge(let byteCount, let limit):
            .recordTooLarge(byteCount: byteCount, limit: limit)
        default: .unavailable(reason: description)
        }
    }
}
