import Checkpoints
import Cryptography
import Events
import LedgerGraph
import Ledgers
import LedgersEmbedded
import Streams
import StreamsEmbedded

/// An event log and a ledger in one folder, as the executable has them.
struct LedgerFolder: Sendable {
    let path: String
    let key: SignerKey

    var events: String { "\(path)/events" }
    var ledger: String { "\(path)/ledger" }

    /// - Parameter path: A folder that exists.
    /// - Throws: Why no key could be made.
    init(_ path: String) throws {
        self.path = path
        key = try SignerKey(name: "caracal.local/benchmark", seed: Array(0..<32))
    }

    /// Makes a log of the canonical bytes of `count` events of the corpus.
    func makeEvents(_ count: Int) async throws {
        let groupCount = 1_000
        try await EmbeddedEventLog.create(events)
        let appender = try await EmbeddedAppender.open(events)
        var writer = EventWriter()
        var reader = EventJSON()
        var pending: [PendingAppend] = []
        for first in stride(from: 0, to: count, by: groupCount) {
            var bytes = Array("benchmark".utf8)
            let nameCount = UInt32(bytes.count)
            var records: [LogRecord] = []
            for index in first..<min(first + groupCount, count) {
                writer.bytes.removeAll(keepingCapacity: true)
                writer.append(event: UInt64(index))
                let json = writer.bytes
                let start = bytes.count
                _ = try reader.canonicalize(json.span, into: &bytes)
                let record = LogRecord(
                    offset: 0,
                    start: UInt32(start),
                    count: UInt32(bytes.count - start),
                    producerStart: 0,
                    producerCount: nameCount,
                    sequence: index
                )
                records.append(record)
            }
            pending.append(appender.submit(AppendBatch(records: records, bytes: bytes)))
            if pending.count == 8 { _ = try await pending.removeFirst().result() }
        }
        for append in pending { _ = try await append.result() }
        await appender.close()
    }

    /// Makes an empty ledger.
    func makeLedger() async throws {
        let note = try await Self.note(of: 0, RFC6962Root.empty, key)
        try await EmbeddedLedgerStore.create(ledger, note: note)
    }

    /// Runs the service until the log is drained.
    ///
    /// - Parameters:
    ///   - options: How the graph is cut.
    ///   - drain: Ends a run that goes on.
    ///   - untilDrained: Whether it ends by itself.
    ///   - observe: Is shown every batch that is stored.
    /// - Throws: Why the ledger could not be opened or written.
    func run(
        _ options: LedgerPipeline.Options,
        drain: DrainSwitch = DrainSwitch(),
        untilDrained: Bool = true,
        observe: @escaping @Sendable (LedgerEvent) -> Void = { _ in }
    ) async throws {
        let store = try await EmbeddedLedgerStore.open(ledger)
        let log = try await EmbeddedEventLog.open(events)
        let end: @Sendable (Int) async throws -> Int = { try await log.end(of: $0) }
        let key = key
        let service = LedgerService<EmbeddedEventLog, EmbeddedLedgerStore>(
            log: log,
            store: store,
            sign: { (_: Int, size: Int, root: Digest) async throws(LedgerError) -> [UInt8] in
                do throws(SigningError) {
                    return try await Self.note(of: size, root, key)
                } catch {
                    throw LedgerError.signingFailed(reason: "\(error)")
                }
            },
            runtime: Runtime(
                clock: GraphClock(ContinuousClock()),
                wallNow: { 0 },
                random: { 0 },
                drain: drain
            ),
            options: options,
            untilEnd: untilDrained ? end : nil,
            isRetried: { _ in false },
            observe: observe
        )
        try await service.run()
        await store.close()
    }

    private static func note(
        of size: Int,
        _ root: Digest,
        _ key: SignerKey
    ) async throws(SigningError) -> [UInt8] {
        let checkpoint = Checkpoint(origin: key.name, size: size, root: root)
        return try await SignedCheckpoint.sign(checkpoint, with: Ed25519Signer(key)).bytes
    }
}

/// The root of a tree without leaves.
private enum RFC6962Root {
    static let empty = SHA256.digest(of: [])
}
