import StreamsEmbedded

/// Whether segments follow each other without a gap: each reaches the index that the next begins with.
struct SegmentJoins {
    private let files: LedgerFiles

    init(_ files: LedgerFiles) {
        self.files = files
    }

    /// Throws if the first segment is not there.
    func requireFirst(_ bases: [Int]) throws(StorageError) {
        guard let first = bases.first, first == 0 else {
            throw damage(0, at: 0, "the first segment is missing")
        }
    }

    /// Whether the list of frames leads to the last entries of the segment `base`, and these to
    /// `next`; the frames from there to its end are looked at.
    func isListed(
        _ base: Int,
        upTo next: Int,
        in list: FrameList
    ) throws(StorageError) -> Bool {
        guard let place = try list.find(next - 1), place.segment == base else { return false }
        let end = try end(of: base, from: place.position)
        return end.reason == nil && end.isCommitted && end.next == next
    }

    /// Throws unless the segment `base` reaches `next`; reads all of its headers.
    func require(_ base: Int, upTo next: Int) throws(StorageError) {
        let end = try end(of: base, from: 0)
        if let reason = end.reason { throw damage(base, at: end.position, reason) }
        guard end.next == next else {
            let what =
                end.next < next
                ? "entries \(end.next) to \(next - 1) are missing"
                : "ends with entry \(end.next), where the next segment begins with \(next)"
            throw damage(base, at: end.position, what)
        }
        guard end.isCommitted else {
            throw damage(base, at: end.position, "ends with entries without their commit")
        }
    }

    private struct End {
        /// The index of the next entry.
        var next: Int
        var position = 0
        /// Whether the last frame is not one of entries.
        var isCommitted = false
        /// Why the frames end before the file does.
        var reason: String?
    }

    private func end(of base: Int, from position: Int) throws(StorageError) -> End {
        let file = try files.segments.open(base).file
        let size = try StorageError.wrap { () throws(FileError) in try file.size }
        var scanner = FrameScanner(
            file,
            from: position,
            upTo: size,
            base: position == 0 ? base : nil,
            window: 1 << 12
        )
        var end = End(next: base)
        while true {
            switch try StorageError.wrap({ () throws(FileError) in try scanner.nextHeader() }) {
            case .frame(let frame):
                end.next = frame.header.nextBase
                end.position = frame.end
                end.isCommitted = frame.header.kind != LedgerFiles.Kind.entries.rawValue
            case .broken(let reason):
                end.reason = reason
                return end
            case .end:
                return end
            }
        }
    }

    private func damage(_ base: Int, at position: Int, _ reason: String) -> StorageError {
        .damaged(Damage(path: files.segments.path(of: base), offset: position, reason: reason))
    }
}
