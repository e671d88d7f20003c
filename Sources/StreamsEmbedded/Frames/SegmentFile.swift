/// A file of frames, written at its end only, whose numbers begin at ``base``.
///
/// Frames follow each other without a gap from byte 0; the format of one is at ``FrameHeader``. The
/// file's name is its base, in twenty digits. Blocking: use it on a ``BlockingExecutor``.
package struct SegmentFile: Sendable {
    package let file: File
    package let base: Int

    package init(_ file: File, base: Int) {
        self.file = file
        self.base = base
    }

    package var path: String { file.path }

    /// How a segment ends, as far as its bytes tell.
    package struct Tail: Equatable, Sendable {
        /// Where the last right frame ends.
        package let end: Int
        /// The number that the next frame begins with.
        package let nextBase: Int
        /// What the next frame must say that came before.
        package let checksum: UInt32
        /// The file's size; what lies between ``end`` and it is torn.
        package let size: Int
        /// Why the bytes from ``end`` on are no frame, or `nil` if there are none.
        package let reason: String?

        package var isTorn: Bool { reason != nil }
    }

    /// Reads all frames from byte 0 on and finds where they end; changes nothing.
    ///
    /// A tail is torn when the bytes there are no frame and no later frame says that they were
    /// durable when it was written. Anything else is damage, as is a whole frame out of its place.
    ///
    /// - Parameter visit: Is lent every frame and its payload.
    /// - Returns: Where the frames end.
    /// - Throws: ``StorageError/damaged(_:)``, or what `visit` throws.
    package func inspect(
        _ visit: (FrameScanner.Frame, Span<UInt8>) throws(StorageError) -> Void = { _, _ in }
    ) throws(StorageError) -> Tail {
        let size = try StorageError.wrap { () throws(FileError) in try file.size }
        var scanner = FrameScanner(file, upTo: size, base: base)
        var last: FrameScanner.Frame?
        while true {
            let step = try StorageError.wrap { () throws(FileError) in try scanner.next() }
            var reason: String?
            switch step {
            case .frame(let frame):
                try scanner.withPayload { (payload) throws(StorageError) in
                    try visit(frame, payload)
                }
                last = frame
                continue
            case .end:
                break
            case .broken(let why):
                reason = why
                try requireTorn(from: scanner.position, size: size, reason: why)
            }
            return Tail(
                end: scanner.position,
                nextBase: last?.header.nextBase ?? base,
                checksum: last?.checksum ?? 0,
                size: size,
                reason: reason
            )
        }
    }

    /// Cuts what ``inspect(_:)`` found to be torn, durably.
    package func cut(_ tail: Tail) throws(StorageError) {
        try StorageError.wrap { () throws(FileError) in
            try file.truncate(to: tail.end)
            try file.syncData()
        }
    }

    /// Throws if a whole frame begins at `position`, or one behind it says that it was durable.
    private func requireTorn(from position: Int, size: Int, reason: String) throws(StorageError) {
        let damage = StorageError.damaged(Damage(path: path, offset: position, reason: reason))
        var bytes: [UInt8] = []
        var start = position
        let step = 1 << 20
        while start + FrameHeader.byteCount <= size {
            bytes.removeAll(keepingCapacity: true)
            try StorageError.wrap { () throws(FileError) in
                _ = try file.read(
                    min(step + FrameHeader.byteCount - 1, size - start),
                    at: start,
                    into: &bytes
                )
            }
            if let found = Self.firstFrame(in: bytes, at: start, writtenAfter: position) {
                guard try isWhole(found, size: size) else {
                    start = found + 1
                    continue
                }
                throw damage
            }
            start += step
        }
    }

    /// Where in `bytes` a header begins that was written when `position` was durable.
    private static func firstFrame(
        in bytes: [UInt8],
        at start: Int,
        writtenAfter position: Int
    )
        -> Int?
    {
        let span = bytes.span
        let first = UInt8(truncatingIfNeeded: FrameHeader.magic)
        guard span.count >= FrameHeader.byteCount else { return nil }
        for index in 0...span.count - FrameHeader.byteCount where span[index] == first {
            guard let header = FrameHeader(span.extracting(index..<index + FrameHeader.byteCount))
            else { continue }
            let found = start + index
            if found == position || found - header.lag > position { return found }
        }
        return nil
    }

    private func isWhole(_ position: Int, size: Int) throws(StorageError) -> Bool {
        var scanner = FrameScanner(file, from: position, upTo: size, isChained: false)
        let step = try StorageError.wrap { () throws(FileError) in try scanner.next() }
        if case .frame = step { return true }
        return false
    }
}
