import Assembly
import CommandLineInterface
import Cryptography
import Events
import Streams
import StreamsEmbedded

/// Reads one source into the event log: its rows become records, or dead letters.
///
/// What is appended says, in the same frame, how far the source is read, so that a repeat goes on
/// from there whatever happened in between. It runs on a thread of its own, which it blocks.
actor SourceIngest {
    /// How much is read at a time, in bytes.
    static let readSize = 1 << 20
    /// How many appends may be on their way while the next one is made.
    private static let appendsInFlight = 4

    /// What was done.
    struct Counts: Equatable {
        /// Rows of the source, those of earlier runs included.
        var read = 0
        var appended = 0
        var already = 0
        /// Rows that are dead letters, those of earlier runs included.
        var dead = 0
    }

    private nonisolated let executor = BlockingExecutor(label: "caracal.ingest")
    private let appender: EmbeddedAppender
    private let shutdown: Shutdown
    private let progress: @Sendable (Counts, _ bytes: Int) -> Void

    private var rows: RowReader
    private var batcher: RowBatcher
    private var appended = 0
    private var already = 0
    private var bytes = 0
    private var pending: [PendingAppend] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Begins with nothing read.
    ///
    /// - Parameters:
    ///   - appender: Takes the records.
    ///   - rows: Cuts the source into rows; nothing was fed to it.
    ///   - batcher: Makes batches of rows.
    ///   - shutdown: Asks it to end early.
    ///   - progress: Is told how far it is, in rows and in bytes, after each block.
    init(
        into appender: EmbeddedAppender,
        rows: RowReader,
        batcher: RowBatcher,
        shutdown: Shutdown,
        progress: @escaping @Sendable (Counts, _ bytes: Int) -> Void
    ) {
        self.appender = appender
        self.rows = rows
        self.batcher = batcher
        self.shutdown = shutdown
        self.progress = progress
    }

    var counts: Counts {
        Counts(
            read: batcher.rowsSeen,
            appended: appended,
            already: already + batcher.passedOver,
            dead: batcher.dead
        )
    }

    /// Reads the source to its end, or until the process is asked to end.
    ///
    /// - Parameters:
    ///   - head: The first block of the source.
    ///   - input: The rest of it.
    /// - Returns: Whether the end was reached.
    /// - Throws: ``CommandError``; what was appended before stays, and a repeat goes on from there.
    func run(_ head: [UInt8], _ input: consuming InputFile) async throws(CommandError) -> Bool {
        var block = head
        while true {
            try await take(block)
            if shutdown.isRequested { break }
            block = []
            switch try input.read(Self.readSize, into: &block) {
            case .bytes: continue
            case .interrupted: break
            case .end:
                try finish(input.name)
                try await submit()
                try await settle(leaving: 0)
                return true
            }
            break
        }
        try await settle(leaving: 0)
        return false
    }

    private func take(_ block: [UInt8]) async throws(CommandError) {
        batcher.begin(block)
        do {
            try rows.feed(block.span) { row, bytes in try batcher.add(row, bytes) }
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError("\(error)", exitCode: .badData)
        }
        batcher.closeBatch()
        try await submit()
        bytes += block.count
        progress(counts, bytes)
    }

    private func finish(_ name: String) throws(CommandError) {
        do {
            try rows.finish { row, bytes in try batcher.add(row, bytes, isOpen: true) }
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError("\(name): \(error)", exitCode: .badData)
        }
        try batcher.finish()
    }

    private func submit() async throws(CommandError) {
        for batch in batcher.takeBatches() {
            pending.append(appender.submit(batch))
            try await settle(leaving: Self.appendsInFlight)
        }
    }

    /// Waits until no more than `count` appends are on their way.
    private func settle(leaving count: Int) async throws(CommandError) {
        while pending.count > count {
            do {
                let appended = try await pending.removeFirst().result()
                self.appended += appended.offsets.count
                already += appended.alreadyThere
            } catch {
                throw CommandError(error)
            }
        }
    }
}
