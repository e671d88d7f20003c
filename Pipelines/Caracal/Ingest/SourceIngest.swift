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
    /// How many appends may be on their way while the next one is made.
    private static let appendsInFlight = 4
    /// The records, and the bytes, at which a batch goes out.
    private static let batchRecords = 16_384
    private static let batchBytes = 4 << 20

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
    private let source: String
    private let shutdown: Shutdown
    private let report: @Sendable (IngestLetter) -> Void
    private let progress: @Sendable (Counts, _ bytes: Int) -> Void

    private(set) var counts = Counts()
    private var decoder: RowDecoder
    private var batch: AppendBatch
    private var pending: [PendingAppend] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Begins with nothing read.
    ///
    /// - Parameters:
    ///   - appender: Takes the records.
    ///   - source: The source's name, which is its producer id.
    ///   - decoder: Makes events of rows.
    ///   - shutdown: Asks it to end early.
    ///   - report: Is told of each new dead letter.
    ///   - progress: Is told how far it is, in rows and in bytes, after each batch.
    init(
        into appender: EmbeddedAppender,
        source: String,
        decoder: RowDecoder,
        shutdown: Shutdown,
        report: @escaping @Sendable (IngestLetter) -> Void,
        progress: @escaping @Sendable (Counts, _ bytes: Int) -> Void
    ) {
        self.appender = appender
        self.source = source
        self.decoder = decoder
        batch = Self.emptyBatch(of: source)
        self.shutdown = shutdown
        self.report = report
        self.progress = progress
    }

    /// Reads `rows` to their end, or until the process is asked to end.
    ///
    /// - Parameters:
    ///   - rows: The source from its beginning.
    ///   - known: How far it was read before.
    ///   - letters: How many of the rows read before are dead letters.
    /// - Returns: Whether the end was reached.
    /// - Throws: ``CommandError``; what was appended before stays, and a repeat goes on from there.
    func run(
        _ rows: consuming RowReader,
        after known: SourceProgress?,
        letters: Int
    ) async throws(CommandError) -> Bool {
        if decoder.hasHeader {
            guard try skipHeader(&rows) else { return false }
        }
        if let known {
            guard try skip(known, in: &rows) else { return false }
            counts.read = known.rows
            counts.already = known.rows - letters
            counts.dead = letters
        }
        var end = 0
        while true {
            guard !shutdown.isRequested else { break }
            switch try rows.next() {
            case .row(let row):
                add(row, of: rows.buffer)
                end = row.end
                if batch.records.count >= Self.batchRecords || batch.bytes.count >= Self.batchBytes
                    || batch.journal.count >= Self.lettersPerBatch
                {
                    try await flush(digest: rows.digest(upTo: end), end: end)
                }
            case .end:
                try await flush(digest: rows.digest(upTo: end), end: end)
                try await settle(leaving: 0)
                return true
            case .interrupted:
                try await finish(&rows, end: end)
                return false
            }
        }
        try await finish(&rows, end: end)
        return false
    }

    /// Letters carry up to 1 MiB each, and a frame has a limit.
    private static let lettersPerBatch = 8

    /// A batch whose arena begins with the source's name, for all records that it is producer of.
    private static func emptyBatch(of source: String) -> AppendBatch {
        var batch = AppendBatch(bytes: Array(source.utf8))
        batch.records.reserveCapacity(batchRecords)
        batch.bytes.reserveCapacity(batchBytes)
        return batch
    }

    private func finish(_ rows: inout RowReader, end: Int) async throws(CommandError) {
        try await flush(digest: rows.digest(upTo: end), end: end)
        try await settle(leaving: 0)
    }

    private func skipHeader(_ rows: inout RowReader) throws(CommandError) -> Bool {
        guard case .row(let row) = try rows.next() else { return false }
        guard decoder.isHeader(rows.buffer.span.extracting(row.content)) else {
            throw CommandError(
                "\(source):1: the header '\(RowDecoder.traceHeader)' is missing",
                exitCode: .badData
            )
        }
        return true
    }

    /// Passes over what was read before, after checking that it is the same.
    private func skip(
        _ known: SourceProgress,
        in rows: inout RowReader
    ) throws(CommandError) -> Bool {
        while true {
            guard !shutdown.isRequested else { return false }
            switch try rows.next() {
            case .row(let row):
                let contentEnd = row.offset + row.byteCount
                if row.end < known.bytes { continue }
                // The last row may have had no line end before, and have one now.
                if contentEnd <= known.bytes, rows.digest(upTo: known.bytes).bytes == known.digest {
                    return true
                }
                throw beginsOtherwise(known)
            case .end: throw beginsOtherwise(known)
            case .interrupted: return false
            }
        }
    }

    private func beginsOtherwise(_ known: SourceProgress) -> CommandError {
        CommandError(
            "the \(known.rows) rows of source '\(source)' that were read before are not its first "
                + "rows now; nothing was added. If it is another source, name it: --source NAME",
            exitCode: .badData
        )
    }

    private func add(_ row: RowReader.Row, of buffer: [UInt8]) {
        let line = buffer.span.extracting(row.content)
        if decoder.isBlank(line) { return }
        counts.read += 1
        do throws(RowProblem) {
            if row.isTooLong {
                throw RowProblem(
                    reason: .tooLarge,
                    message: "has \(row.byteCount) bytes, and a row may have \(RowReader.rowLimit)"
                )
            }
            let keys = try decoder.decode(line, number: counts.read, into: &batch.bytes)
            batch.records.append(record(of: keys))
        } catch {
            counts.dead += 1
            let letter = IngestLetter(
                id: "\(source):\(row.line)",
                source: source,
                line: row.line,
                offset: row.offset,
                reason: error.reason.rawValue,
                message: error.message,
                bytes: buffer[row.content]
            )
            batch.journal.append(.letter(letter))
            report(letter)
        }
    }

    /// The record of an event: under its own producer and number, or else under the source's.
    private func record(of keys: EventKeys) -> LogRecord {
        var record = LogRecord(offset: 0, start: keys.range.start, count: keys.range.count)
        if keys.producerID.isEmpty {
            record.producerCount = UInt32(source.utf8.count)
            record.sequence = counts.read
        } else if keys.sequence >= 0 {
            record.producerStart = keys.producerID.start
            record.producerCount = keys.producerID.count
            record.sequence = keys.sequence
        }
        return record
    }

    /// Hands in what was read since the last time.
    private func flush(digest: Digest, end: Int) async throws(CommandError) {
        guard !batch.records.isEmpty || !batch.journal.isEmpty else { return }
        let progress = SourceProgress(
            source: source,
            rows: counts.read,
            bytes: end,
            digest: digest.bytes
        )
        batch.journal.append(.progress(progress))
        pending.append(appender.submit(batch))
        batch = Self.emptyBatch(of: source)
        try await settle(leaving: Self.appendsInFlight)
        self.progress(counts, end)
    }

    /// Waits until no more than `count` appends are on their way.
    private func settle(leaving count: Int) async throws(CommandError) {
        while pending.count > count {
            do {
                let appended = try await pending.removeFirst().result()
                counts.appended += appended.offsets.count
                counts.already += appended.alreadyThere
            } catch {
                throw CommandError(error)
            }
        }
    }
}
