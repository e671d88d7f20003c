/// A file of frames, written at its end only, whose numbers begin at ``base``.
///
/// Frames follow each other without a gap from byte 0; the format of one is at ``FrameHeader``. The
/// file's name is its base, in twenty digits; it has that name only once its first frame is durable,
/// so that this one is never torn. Blocking: use it on a ``BlockingExecutor``.
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
        /// What all frames of the segment know.
        package let secret: UInt64
        /// The file's size; what lies between ``end`` and it is torn.
        package let size: Int
        /// Why the bytes from ``end`` on are no frame, or `nil` if there are none.
        package let reason: String?

        package var isTorn: Bool { reason != nil }
    }

    /// Reads all frames from byte 0 on and finds where they end; changes nothing.
    ///
    /// A tail is torn when the bytes there are no frame and no later frame says that they were
    /// durable when it was written. Anything else is damage, as is a whole frame out of its place, or
    /// a first frame that is not right. What only looks like a frame, in what others have handed in,
    /// counts for nothing.
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
            }
            guard let last else {
                let what = reason ?? "the first frame is missing"
                throw .damaged(Damage(path: path, offset: 0, reason: what))
            }
            let secret = last.header.secret
            if let reason {
                try requireTorn(from: last.end, size: size, secret: secret, reason: reason)
            }
            return Tail(
                end: last.end,
                nextBase: last.header.nextBase,
                checksum: last.checksum,
                secret: secret,
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
    private func requireTorn(
        from position: Int,
        size: Int,
        secret: UInt64,
        reason: String
    ) throws(StorageError) {
        let later = try findFrame(from: position, upTo: size) { start, header in
            header.secret == secret
                && (start == position || start - header.lag > position)
        }
        guard later != nil else { return }
        throw .damaged(Damage(path: path, offset: position, reason: reason))
    }

    /// Looks for a whole frame of this segment at any place, as after damage.
    ///
    /// - Parameters:
    ///   - start: The first place to look at, in bytes.
    ///   - limit: Where frames must end.
    /// - Returns: Where it begins, or `nil` if there is none. Where the segment's first header is
    ///   damaged, so that its secret is not known, whatever looks like a frame is one.
    /// - Throws: ``StorageError/file(_:)``.
    package func findFrame(from start: Int, upTo limit: Int) throws(StorageError) -> Int? {
        var scanner = FrameScanner(file, upTo: limit, window: FrameHeader.byteCount)
        let step = try StorageError.wrap { () throws(FileError) in try scanner.nextHeader() }
        guard case .frame(let first) = step else {
            return try findFrame(from: start, upTo: limit) { _, _ in true }
        }
        let secret = first.header.secret
        return try findFrame(from: start, upTo: limit) { $1.secret == secret }
    }

    /// Looks for a whole frame at any place.
    ///
    /// - Parameters:
    ///   - start: The first place to look at, in bytes.
    ///   - limit: Where frames must end.
    ///   - isWanted: Is asked with the place and the header.
    /// - Returns: Where it begins, or `nil` if there is none.
    /// - Throws: ``StorageError/file(_:)``.
    private func findFrame(
        from start: Int,
        upTo limit: Int,
        where isWanted: (Int, FrameHeader) -> Bool
    ) throws(StorageError) -> Int? {
        let window = 1 << 20
        var bytes: [UInt8] = []
        var start = start
        while start + FrameHeader.byteCount <= limit {
            bytes.removeAll(keepingCapacity: true)
            let count = min(window + FrameHeader.byteCount - 1, limit - start)
            try StorageError.wrap { () throws(FileError) in
                _ = try file.read(count, at: start, into: &bytes)
            }
            if let found = Self.firstHeader(in: bytes, at: start, where: isWanted) {
                if try isWhole(found, limit: limit) { return found }
                start = found + 1
            } else {
                start += window
            }
        }
        return nil
    }

    /// Where the first header in `bytes` begins that is wanted.
    private static func firstHeader(
        in bytes: [UInt8],
        at start: Int,
        where isWanted: (Int, FrameHeader) -> Bool
    ) -> Int? {
        let span = bytes.span
        let first = UInt8(truncatingIfNeeded: FrameHeader.magic)
        guard span.count >= FrameHeader.byteCount else { return nil }
        for index in 0...span.count - FrameHeader.byteCount where span[index] == first {
            if let header = FrameHeader(span.extracting(index..<index + FrameHeader.byteCount)),
                isWanted(start + index, header)
            {
                return start + index
            }
        }
        return nil
    }

    private func isWhole(_ position: Int, limit: Int) throws(StorageError) -> Bool {
        var scanner = FrameScanner(file, from: position, upTo: limit, isChained: false)
        let step = try StorageError.wrap { () throws(FileError) in try scanner.next() }
        if case .frame = step { return true }
        return false
    }
}
