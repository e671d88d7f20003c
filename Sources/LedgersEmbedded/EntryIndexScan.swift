import StreamsEmbedded

/// Reads the published frames of a ledger from a place on, one after another.
struct EntryIndexScan {
    private let files: LedgerFiles
    private let head: LedgerHead
    private var bases: ArraySlice<Int>
    private var scanner: FrameScanner?
    private(set) var path = ""
    /// The index with which the segment at hand begins.
    private(set) var segment: Int
    /// Where in it the next frame begins.
    private(set) var position: Int

    /// Begins at a frame's end in the segment that begins with `segment`.
    ///
    /// - Throws: ``StorageError``.
    init(
        _ files: LedgerFiles,
        upTo head: LedgerHead,
        segment: Int,
        position: Int
    ) throws(StorageError) {
        self.files = files
        self.head = head
        self.segment = segment
        self.position = position
        let wanted = segment...max(segment, head.segment)
        bases = try files.segments.bases().filter { wanted ~= $0 }[...]
        for base in [segment, wanted.upperBound] where !bases.contains(base) {
            let path = files.segments.path(of: base)
            throw .damaged(Damage(path: path, offset: 0, reason: "the segment is missing"))
        }
        try open(segment, from: position)
        bases = bases.dropFirst()
    }

    private mutating func open(_ base: Int, from position: Int) throws(StorageError) {
        let file = try files.segments.open(base).file
        let size = try StorageError.wrap { () throws(FileError) in try file.size }
        let limit = base == head.segment ? head.position : size
        path = file.path
        segment = base
        self.position = position
        scanner = FrameScanner(
            file,
            from: position,
            upTo: limit,
            base: position == 0 ? base : nil
        )
    }

    /// Goes to the next frame; `nil` at the published end.
    mutating func next() throws(StorageError) -> FrameScanner.Frame? {
        while scanner != nil {
            let step = try StorageError.wrap { () throws(FileError) in try scanner?.next() }
            switch step {
            case .frame(let frame):
                position = frame.end
                return frame
            case .broken(let reason):
                throw .damaged(Damage(path: path, offset: position, reason: reason))
            case .end, nil:
                guard let base = bases.popFirst() else {
                    scanner = nil
                    return nil
                }
                try open(base, from: 0)
            }
        }
        return nil
    }

    /// Lends the payload of the frame that was found last.
    func withPayload<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        try scanner?.withPayload(body)
    }
}
