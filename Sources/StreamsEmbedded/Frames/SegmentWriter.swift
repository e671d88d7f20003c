/// Writes frames at the end of a log's newest segment.
///
/// What ``append(_:kind:flags:count:checksum:)`` writes is durable after ``sync()``. After any error
/// the writer is used no more: opening the log again finds what is durable.
package struct SegmentWriter: Sendable {
    package let folder: SegmentFolder
    package private(set) var segment: SegmentFile
    /// Where the next frame goes, in bytes from the segment's start.
    package private(set) var end: Int
    /// How far the segment is known to be durable.
    package private(set) var durableEnd: Int
    /// The number that the next frame begins with.
    package private(set) var nextBase: Int
    /// How far space was asked for.
    private var reserved: Int
    /// What the next frame must say that came before.
    private var previousChecksum: UInt32
    /// What all frames of the segment know.
    private let secret: UInt64

    /// Goes on behind `tail`, which must be cut if it is torn.
    package init(_ segment: SegmentFile, in folder: SegmentFolder, after tail: SegmentFile.Tail) {
        self.folder = folder
        self.segment = segment
        end = tail.end
        durableEnd = tail.end
        reserved = tail.end
        nextBase = tail.nextBase
        previousChecksum = tail.checksum
        secret = tail.secret
    }

    /// Begins a log, or a new segment of one, with a first frame that holds no things.
    ///
    /// The segment is there, durably, with its first frame or not at all: a crash can tear frames
    /// behind the first one only.
    ///
    /// - Parameters:
    ///   - base: The number of the first thing that will be in it.
    ///   - folder: The log's.
    ///   - first: The payload of the first frame, at most ``FrameHeader/payloadLimit`` bytes.
    ///   - kind: What it is.
    /// - Throws: ``StorageError/file(_:)``.
    package init(
        creating base: Int,
        in folder: SegmentFolder,
        first: Span<UInt8>,
        kind: UInt16
    ) throws(StorageError) {
        precondition(first.count <= FrameHeader.payloadLimit, "a payload that is too long")
        var header = FrameHeader(kind: kind, count: 0, base: base)
        header.payloadCount = first.count
        header.payloadChecksum = CRC32C.checksum(of: first)
        secret = try StorageError.wrap { () throws(FileError) in try RandomSecret.draw() }
        header.secret = secret
        var bytes = header.bytes
        previousChecksum = bytes.span.integer(at: 4, as: UInt32.self)
        bytes.append(contentsOf: [UInt8](first))
        self.folder = folder
        segment = try folder.create(base, with: bytes)
        end = bytes.count
        durableEnd = end
        reserved = end
        nextBase = base
    }

    /// Ends this segment and goes on in a new one; everything written must have been synced.
    ///
    /// - Parameters:
    ///   - first: The payload of the new segment's first frame, which is durable when this returns.
    ///   - kind: What it is.
    /// - Throws: ``StorageError/file(_:)``; the writer is used no more.
    package mutating func roll(_ first: Span<UInt8>, kind: UInt16) throws(StorageError) {
        precondition(durableEnd == end, "a segment is rolled when it is durable")
        giveBack()
        self = try SegmentWriter(creating: nextBase, in: folder, first: first, kind: kind)
    }

    /// Writes a frame.
    ///
    /// - Parameters:
    ///   - payload: At most ``FrameHeader/payloadLimit`` bytes.
    ///   - kind: What the payload is.
    ///   - flags: The owner's own.
    ///   - count: How many things it holds, at most `UInt32.max`.
    ///   - checksum: The payload's CRC-32C, if it has been computed.
    /// - Returns: Where in the segment the frame begins.
    /// - Throws: ``StorageError/file(_:)``, with any part of the frame written.
    @discardableResult
    package mutating func append(
        _ payload: Span<UInt8>,
        kind: UInt16,
        flags: UInt16 = 0,
        count: Int,
        checksum: UInt32? = nil
    ) throws(StorageError) -> Int {
        precondition(payload.count <= FrameHeader.payloadLimit, "a payload that is too long")
        var header = FrameHeader(kind: kind, flags: flags, count: count, base: nextBase)
        header.payloadCount = payload.count
        header.payloadChecksum = checksum ?? CRC32C.checksum(of: payload)
        header.lag = end - durableEnd
        header.previousChecksum = previousChecksum
        let position = end
        header.secret = secret
        let bytes = header.bytes
        reserve(upTo: position + header.frameCount)
        do {
            try segment.file.write(bytes.span, payload, at: position)
        } catch {
            throw .file(error)
        }
        previousChecksum = bytes.span.integer(at: 4, as: UInt32.self)
        end = position + header.frameCount
        nextBase = header.nextBase
        return position
    }

    /// Gives back the space that was asked for and not used; for whoever closes the log.
    package func giveBack() {
        // The size stays as it is; that this can fail changes nothing that is durable.
        if reserved > end { try? segment.file.truncate(to: end) }
    }

    /// Has the file system find space for more than one frame at once: as much again as there is, at
    /// least 1 MiB and at most 16 MiB.
    private mutating func reserve(upTo size: Int) {
        guard size > reserved else { return }
        reserved = size + min(max(end, 1 << 20), 16 << 20)
        segment.file.reserve(upTo: reserved)
    }

    /// Returns when all that was appended is durable.
    package mutating func sync() throws(StorageError) {
        try StorageError.wrap { () throws(FileError) in try segment.file.syncData() }
        durableEnd = end
    }
}
