public import Cryptography
public import Streams
import StreamsEmbedded

/// Says of which tree a signed note is the checkpoint, or `nil` if its signature or origin is not
/// this log's.
public typealias CheckpointVerifier =
    @Sendable (_ note: [UInt8]) -> (size: Int, root: Digest)?

/// Checks a ledger's folder from the first byte to the published end, and trusts none of it.
///
/// Every frame's checksum and place, every entry and its hash, the tree of every record, every
/// checkpoint, cursor, epoch, dead letter and mark, the head, the files derived from the entries, and
/// the index row by row. Takes no lock and changes nothing. Its work blocks, on threads of its own.
/// Holds at most 8 bytes an entry, and not more than 128 MiB of these, beside a few frames and a
/// mark for each producer.
public actor LedgerVerifier {
    /// Which parts are checked.
    public struct Options: Sendable {
        /// Whether index rows are compared with the bytes.
        public var checksIndex = true
        /// Whether repeated identifiers are looked for, if nothing else is wrong.
        public var findsRepeats = true
        /// Sizes of saved checkpoints, for ``LedgerVerification/extends(size:root:)``.
        public var watchedSizes: [Int] = []

        public init() {}
    }

    /// How far a check is.
    public enum Stage: Sendable {
        case entries(Int)
        case rows(Int)
    }

    /// How many entries a frame has at least for two threads to share it.
    private static let sharedEntries = 128

    private let executor = BlockingExecutor(label: "caracal.verify")
    private let helper = BlockingExecutor(label: "caracal.verify.helper")
    private let files: LedgerFiles
    private let options: Options
    private let clock: GraphClock
    private let report: @Sendable (Stage) -> Void
    private var replay: LedgerVerifierReplay
    private var repeats = LedgerVerifierRepeats(expected: 0)
    private var payload: [UInt8] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Makes a verifier of the ledger in `folder`.
    ///
    /// - Parameters:
    ///   - folder: The ledger's.
    ///   - options: What is checked.
    ///   - clock: Measures the parts.
    ///   - verifyNote: Checks the signature of a checkpoint; called from one thread.
    ///   - report: Is shown how far it is, once a frame, on a thread of the verifier's own.
    public init(
        _ folder: String,
        options: Options = Options(),
        clock: GraphClock,
        verifyNote: @escaping CheckpointVerifier,
        report: @escaping @Sendable (Stage) -> Void = { _ in }
    ) {
        files = LedgerFiles(folder)
        self.options = options
        self.clock = clock
        self.report = report
        replay = LedgerVerifierReplay(files, watching: options.watchedSizes, verifyNote)
    }

    /// Checks everything; once a verifier.
    ///
    /// Stops between frames when the task is cancelled; what was found until then is returned.
    ///
    /// - Returns: What was found; damage is no error here.
    public func run() async -> LedgerVerification {
        let start = clock.now()
        var head: LedgerHead?
        do throws(StorageError) {
            _ = try LedgerFiles.format.check(files.folder)
        } catch {
            replay.found.problems.note(error, files.folder)
        }
        do throws(StorageError) {
            head = try readHead()
        } catch {
            replay.found.problems.note(error, files.head)
        }
        do throws(StorageError) {
            try await checkSegments(upTo: head)
            replay.finish(head, files.head)
            if options.findsRepeats, let head, replay.found.problems.count == 0 {
                try repeats.finish(files, head, &replay.found)
            }
        } catch {
            replay.found.problems.note(error, files.folder)
        }
        var found = replay.found
        found.elapsed = clock.now() - start
        if options.checksIndex {
            let start = clock.now()
            var index = LedgerVerifierIndex(files)
            index.run { [report] rows in report(.rows(rows)) }
            found.index = index.found
            found.index?.elapsed = clock.now() - start
        }
        return found
    }

    private func readHead() throws(StorageError) -> LedgerHead {
        let content = try DoubleSlotFile.read(files.head)
        for slot in content.damagedSlots {
            let offset = slot * DoubleSlotFile.slotSize
            let what = "the checksum of slot \(slot) is wrong"
            replay.found.problems.note(what, files.head, at: offset)
        }
        return try LedgerHead.read(files.head)
    }

    /// Reads all segments up to the published one; without a head, all that there are.
    private func checkSegments(upTo head: LedgerHead?) async throws(StorageError) {
        let bases = try files.segments.bases().filter { $0 <= head?.segment ?? .max }
        var byteCount = 0
        for base in bases {
            let path = files.segments.path(of: base)
            let size = try StorageError.wrap { () throws(FileError) in try File(path, .read).size }
            byteCount += size
        }
        // No entry has fewer bytes than these in its frame.
        let expected = min(head?.size ?? .max, byteCount / 32)
        if options.findsRepeats { repeats = LedgerVerifierRepeats(expected: expected) }
        for base in bases {
            if Task.isCancelled { return }
            do throws(StorageError) {
                try await check(base, upTo: head)
            } catch {
                replay.found.problems.note(error, files.segments.path(of: base))
            }
        }
        if let head, bases.last != head.segment {
            let path = files.segments.path(of: head.segment)
            replay.found.problems.note("the published segment is missing", path)
        }
    }

    private func check(_ base: Int, upTo head: LedgerHead?) async throws(StorageError) {
        let segment = try files.segments.open(base)
        let size = try StorageError.wrap { () throws(FileError) in try segment.file.size }
        let limit = base == head?.segment ? min(size, head?.position ?? size) : size
        replay.beginSegment(base, in: files.segments)
        var scanner = FrameScanner(segment.file, upTo: limit, base: base)
        while !Task.isCancelled {
            let step = try StorageError.wrap { () throws(FileError) in try scanner.next() }
            switch step {
            case .frame(let frame):
                take(&scanner)
                await add(frame, base)
            case .broken(let reason):
                let position = scanner.position
                replay.damage(reason, position)
                guard let sound = try segment.findFrame(from: position + 1, upTo: limit) else {
                    replay.found.byteCount += limit
                    return
                }
                scanner = FrameScanner(segment.file, from: sound, upTo: limit, isChained: false)
            case .end:
                replay.found.byteCount += limit
                if let head, base == head.segment, limit < head.position {
                    let what = "\(head.position - limit) published bytes are missing"
                    replay.damage(what, limit)
                }
                return
            }
        }
    }

    /// Copies the payload at hand, so that a second thread can look at it.
    private func take(_ scanner: inout FrameScanner) {
        payload.removeAll(keepingCapacity: true)
        scanner.withPayload { span in
            unsafe span.withUnsafeBufferPointer { unsafe payload.append(contentsOf: $0) }
        }
    }

    private func add(_ frame: FrameScanner.Frame, _ segment: Int) async {
        let payload = payload
        guard frame.header.kind == LedgerFiles.Kind.entries.rawValue else {
            return replay.add(frame, record: payload)
        }
        guard let ranges = EntriesFrame.ranges(of: payload.span, count: frame.header.count) else {
            return replay.damage("holds no entries", frame.position)
        }
        let entries = await check(payload, ranges)
        replay.add(frame, entries, segment: segment)
        if options.findsRepeats { repeats.add(entries.identifiers) }
        report(.entries(frame.header.nextBase))
    }

    /// Hashes and decodes entries, half of them on another thread.
    private func check(_ payload: [UInt8], _ ranges: [Range<Int>]) async -> LedgerVerifierEntries {
        let count = ranges.count
        guard count >= Self.sharedEntries else {
            return LedgerVerifierEntries(payload, ranges, 0..<count)
        }
        async let second = helper.perform {
            LedgerVerifierEntries(payload, ranges, count / 2..<count)
        }
        var entries = LedgerVerifierEntries(payload, ranges, 0..<count / 2)
        entries.append(await second)
        return entries
    }
}
