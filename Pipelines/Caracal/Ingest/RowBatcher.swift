import CommandLineInterface
import Cryptography
import Events
import Streams
import StreamsEmbedded

/// Makes appends of the rows of one source: records, dead letters, and how far the source is read.
///
/// A value that decides; who has it reads and appends. Rows that were read before are passed over,
/// after a check that the source begins as it did.
struct RowBatcher: Sendable {
    /// The records, and the bytes, at which a batch is closed.
    private static let recordsMax = 16_384
    private static let bytesMax = 4 << 20
    /// A letter carries up to 1 MiB, and a batch has a limit.
    private static let lettersMax = 8

    let source: String
    private let report: @Sendable (IngestLetter) -> Void
    private var decoder: RowDecoder
    private var digest: PrefixDigest
    /// What was read before, until it is passed over.
    private var known: SourceProgress?
    private let letters: KnownLetters

    private var batch: AppendBatch
    private var batches: [AppendBatch] = []
    /// Where the row taken last ends in the source.
    private var end = 0

    /// Rows so far, those of earlier runs included.
    var rowsSeen: Int { rows + openRows }
    /// Rows that count as read.
    private var rows = 0
    private var openRows = 0
    /// Rows of earlier runs that are records.
    private(set) var passedOver = 0
    /// Rows that are dead letters, those of earlier runs included.
    private(set) var dead = 0

    /// Begins before the first row.
    ///
    /// - Parameters:
    ///   - source: The source's name.
    ///   - decoder: Makes events of rows.
    ///   - known: How far the source was read before.
    ///   - letters: The dead letters of the source.
    ///   - report: Is told of each new dead letter.
    init(
        source: String,
        decoder: RowDecoder,
        after known: SourceProgress?,
        letters: KnownLetters,
        report: @escaping @Sendable (IngestLetter) -> Void
    ) {
        self.source = source
        self.decoder = decoder
        self.known = known
        self.report = report
        self.letters = letters
        digest = PrefixDigest(known: known?.bytes ?? 0)
        batch = Self.emptyBatch(of: source)
    }

    /// Takes the next block of the source, before the rows in it.
    mutating func begin(_ block: [UInt8]) {
        digest.begin(block)
    }

    /// Takes the next row.
    ///
    /// - Parameters:
    ///   - row: The row's place.
    ///   - bytes: Its bytes.
    ///   - isOpen: Whether the source ended before the row's line did. It may go on later, so a
    ///     letter made of it does not count as read.
    /// - Throws: ``CommandError`` with ``ExitCode/badData`` if the source begins otherwise.
    mutating func add(
        _ row: RowReader.Row,
        _ bytes: Span<UInt8>,
        isOpen: Bool = false
    ) throws(CommandError) {
        if let known {
            guard row.line.end >= known.bytes else { return }
            // The last row may have had no line end before, and have one now.
            guard row.line.start + row.line.byteCount <= known.bytes,
                digest.hasMatched(known.digest)
            else { throw beginsOtherwise(known) }
            self.known = nil
            rows = known.rows
            dead = letters.count
            passedOver = known.rows - letters.count
            end = row.line.end
            return
        }
        do throws(RowError) {
            let decoded = try decoder.canonicalize(row, bytes, into: &batch.bytes)
            if let open = letters.open[row.line.number], !open.isRedriven {
                batch.journal.append(.redriven(letter: open.id, record: batch.records.count))
            }
            batch.records.append(record(of: decoded))
        } catch {
            dead += 1
            let letter = letter(row, bytes, error, isOpen: isOpen)
            report(letter)
            if isOpen { return add(open: letter) }
            batch.journal.append(.letter(letter))
        }
        rows = row.number
        end = row.line.end
        if batch.records.count >= Self.recordsMax || batch.bytes.count >= Self.bytesMax
            || batch.journal.count >= Self.lettersMax
        {
            closeBatch()
        }
    }

    /// Adds the letter of a last row that is cut short, in a batch without progress: the row is read
    /// again next time.
    private mutating func add(open letter: IngestLetter) {
        closeBatch()
        openRows = 1
        guard letters.open[letter.line]?.id != letter.id else { return }
        batch.journal.append(.letter(letter))
        batches.append(batch)
        batch = Self.emptyBatch(of: source)
    }

    /// Ends the source.
    ///
    /// - Throws: ``CommandError`` if it is shorter than it was.
    mutating func finish() throws(CommandError) {
        if let known { throw beginsOtherwise(known) }
        closeBatch()
    }

    /// Closes the batch, if there is anything in it.
    mutating func closeBatch() {
        guard !batch.records.isEmpty || !batch.journal.isEmpty else { return }
        let progress = SourceProgress(
            source: source,
            rows: rows,
            bytes: end,
            digest: digest.digest(upTo: end).bytes
        )
        batch.journal.append(.progress(progress))
        batches.append(batch)
        batch = Self.emptyBatch(of: source)
    }

    /// The closed batches, in order.
    mutating func takeBatches() -> [AppendBatch] {
        defer { batches = [] }
        return batches
    }

    /// A batch whose arena begins with the source's name, for all records that it is producer of.
    private static func emptyBatch(of source: String) -> AppendBatch {
        AppendBatch(bytes: Array(source.utf8))
    }

    private func record(of decoded: RowDecoder.Decoded) -> LogRecord {
        let keys = decoded.keys
        var record = LogRecord(offset: 0, start: keys.range.start, count: keys.range.count)
        switch decoded.identity {
        case .event:
            record.producerStart = keys.producerID.start
            record.producerCount = keys.producerID.count
            record.sequence = keys.sequence
        case .row(let number):
            record.producerCount = UInt32(source.utf8.count)
            record.sequence = number
        case .none: break
        }
        return record
    }

    private func letter(
        _ row: RowReader.Row,
        _ bytes: Span<UInt8>,
        _ error: RowError,
        isOpen: Bool
    ) -> IngestLetter {
        var input: [UInt8] = []
        input.reserveCapacity(bytes.count)
        for index in bytes.indices { input.append(bytes[index]) }
        return IngestLetter(
            id: "\(source):\(row.line.number)" + (isOpen ? "-\(row.line.byteCount)" : ""),
            source: source,
            line: row.line.number,
            row: row.number,
            offset: row.line.start,
            reason: error.reason.rawValue,
            message: error.message,
            bytes: input,
            byteCount: row.line.isCut ? row.line.byteCount : nil
        )
    }

    private func beginsOtherwise(_ known: SourceProgress) -> CommandError {
        CommandError(
            "the first \(known.rows) rows of source '\(source)' are not those that were read before; "
                + "nothing was added. If it is another source, name it: --source NAME",
            exitCode: .badData
        )
    }
}

extension RowError {
    /// What is wrong, without the line.
    fileprivate var message: String {
        row.line.isCut ? "has \(row.line.byteCount) bytes, more than a row may" : "\(error)"
    }
}
