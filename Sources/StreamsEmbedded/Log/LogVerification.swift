import Streams

/// What a full check of a log has found.
public struct LogVerification: Equatable, Sendable {
    /// The most problems that are kept; ``problemCount`` counts all.
    public static let problemLimit = 1_000

    /// The first problems, in the order in which they were found.
    public private(set) var problems: [Damage] = []
    public private(set) var problemCount = 0
    /// The records that were read and are right.
    public internal(set) var records = 0
    /// The bytes that were read.
    public internal(set) var byteCount = 0

    public var isSound: Bool { problemCount == 0 }

    mutating func note(_ path: String, _ offset: Int, _ reason: String) {
        problemCount += 1
        guard problems.count < Self.problemLimit else { return }
        problems.append(Damage(path: path, offset: offset, reason: reason))
    }

    /// Notes what kept a part from being read.
    mutating func note(_ error: StorageError, in path: String) {
        switch error {
        case .damaged(let damage): note(damage.path, damage.offset, damage.reason)
        case .file(let error): note(error.path, error.offset ?? 0, error.description)
        default: note(path, 0, error.description)
        }
    }
}

extension EmbeddedEventLog {
    /// Reads everything in the log in `folder` that is durable and checks it, going on after damage.
    ///
    /// Checksums, that numbers have no gap, that sequences rise, that summaries say what the frames
    /// before them do, and what is published. Takes no lock; works on a folder that cannot be opened.
    ///
    /// - Parameters:
    ///   - folder: The log's.
    ///   - progress: Is called on a thread of the log's own with the bytes that were read so far.
    /// - Returns: What was found; damage is no error here.
    public static func verify(
        _ folder: String,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async -> LogVerification {
        await BlockingExecutor(label: "caracal.verify").perform {
            var verification = LogVerification()
            do throws(StorageError) {
                let partitions = try PartitionFiles.all(in: folder)
                for files in partitions {
                    var check = PartitionCheck(files, verification, progress)
                    verification = check.run()
                }
            } catch {
                verification.note(error, in: folder)
            }
            return verification
        }
    }
}

/// The check of one partition; blocking.
private struct PartitionCheck {
    private let files: PartitionFiles
    private let progress: @Sendable (Int) -> Void
    private var found: LogVerification
    private var state = LogState()
    private var end = DurableEnd(offset: 0, segment: 0, position: 0, letters: 0, redriven: 0)

    init(
        _ files: PartitionFiles,
        _ found: LogVerification,
        _ progress: @escaping @Sendable (Int) -> Void
    ) {
        self.files = files
        self.found = found
        self.progress = progress
    }

    mutating func run() -> LogVerification {
        do throws(StorageError) {
            let (end, damagedSlots) = try DurableEnd.read(files.end)
            self.end = end
            for slot in damagedSlots {
                let offset = slot * DoubleSlotFile.slotSize
                found.note(files.end, offset, "the checksum of slot \(slot) is wrong")
            }
            var expected = 0
            for base in try files.segments.bases() where base <= end.segment {
                let segment = try files.segments.open(base)
                if base != expected {
                    found.note(segment.path, 0, "begins with \(base), not with \(expected)")
                }
                expected = try check(segment)
            }
            if expected != end.offset || state.letters != end.letters
                || state.redriven.count != end.redriven
            {
                found.note(
                    files.end,
                    0,
                    "says that the log ends at \(end.offset), its segments end at \(expected)"
                )
            }
        } catch {
            found.note(error, in: files.folder)
        }
        return found
    }

    /// Checks a segment and returns the number that the next one must begin with.
    private mutating func check(_ segment: SegmentFile) throws(StorageError) -> Int {
        let size = try StorageError.wrap { () throws(FileError) in try segment.file.size }
        let limit = segment.base == end.segment ? min(size, end.position) : size
        if segment.base == end.segment, size < end.position {
            found.note(segment.path, size, "\(end.position - size) durable bytes are missing")
        }
        var scanner = FrameScanner(segment.file, upTo: limit, base: segment.base)
        var next = segment.base
        var isKnown = true
        while true {
            let step = try StorageError.wrap { () throws(FileError) in try scanner.next() }
            switch step {
            case .end:
                found.byteCount += limit
                progress(found.byteCount)
                return next
            case .frame(let frame):
                scanner.withPayload { check(frame, $0, of: segment, isKnown: isKnown) }
                next = frame.header.nextBase
                found.records += frame.header.count
                progress(found.byteCount + frame.end)
            case .broken(let reason):
                let position = scanner.position
                found.note(segment.path, position, reason)
                guard let sound = try segment.findFrame(from: position + 1, upTo: limit) else {
                    found.byteCount += limit
                    return next
                }
                // What lies between is unknown, so nothing that adds up can be held against the rest.
                isKnown = false
                scanner = FrameScanner(segment.file, from: sound, upTo: limit, isChained: false)
            }
        }
    }

    private mutating func check(
        _ frame: FrameScanner.Frame,
        _ payload: Span<UInt8>,
        of segment: SegmentFile,
        isKnown: Bool
    ) {
        let isSummary = frame.header.kind == LogState.summaryKind
        if isSummary != (frame.position == 0) {
            let reason = "a summary stands at the start of a segment, and only there"
            found.note(segment.path, frame.position, reason)
        }
        // Kept for summaries only: the tables would be copied for every frame otherwise.
        let before = isSummary ? state : nil
        if let reason = state.add(frame.header, payload), isKnown {
            found.note(segment.path, frame.position, reason)
        } else if isSummary, isKnown, let before, before != state, found.isSound {
            found.note(segment.path, frame.position, "the summary is not what came before")
        }
    }
}
