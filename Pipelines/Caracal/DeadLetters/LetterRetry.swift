import CommandLineInterface
import Events
import Streams
import StreamsEmbedded

/// Sends dead letters again, and counts what became of them.
struct LetterRetry {
    private let appender: EmbeddedAppender
    private let agents: Int
    private let pricebook: Pricebook
    private let console: Console
    private(set) var sent = 0
    private(set) var already = 0
    /// Letters that are still no events.
    private(set) var dead = 0

    init(
        _ appender: EmbeddedAppender,
        agents: Int,
        pricebook: Pricebook,
        _ console: Console
    ) {
        self.appender = appender
        self.agents = agents
        self.pricebook = pricebook
        self.console = console
    }

    /// Sends a letter, or the corrected bytes for it.
    ///
    /// The record and the mark that the letter was sent are appended together.
    mutating func send(
        _ letter: DeadLetterItem,
        with corrected: [UInt8]?
    ) async throws(CommandError) {
        if letter.redrivenAt != nil {
            already += 1
            return
        }
        guard corrected != nil || letter.isWhole else {
            dead += 1
            return console.errors("\(letter.id): only its beginning was kept; use --with")
        }
        var batch = AppendBatch()
        do {
            try append(corrected ?? letter.bytes, of: letter, to: &batch.bytes)
        } catch {
            dead += 1
            return console.errors("\(letter.id): still no event: \(error)")
        }
        // Without a producer: the letter's place in its sequence is long past.
        batch.records = [LogRecord(offset: 0, start: 0, count: UInt32(batch.bytes.count))]
        batch.journal = [.redriven(letter: letter.id, record: 0)]
        do {
            let appended = try await appender.append(batch)
            if appended.offsets.isEmpty { already += 1 } else { sent += 1 }
        } catch {
            throw CommandError(error)
        }
    }

    /// Appends the canonical bytes of the event that `bytes` are.
    private func append(
        _ bytes: [UInt8],
        of letter: DeadLetterItem,
        to arena: inout [UInt8]
    ) throws {
        let start = bytes.first { $0 != 0x20 && $0 != 0x09 }
        if start == UInt8(ascii: "{") {
            var json = EventJSON()
            _ = try json.canonicalize(bytes.span, into: &arena)
        } else if let row = letter.row {
            var trace = try TraceDecoder(source: row.source, agents: agents, pricebook: pricebook)
            _ = try trace.canonicalize(bytes.span, number: row.number, into: &arena)
        } else {
            // What run refused was the bytes of an event already.
            _ = try EventView(validating: bytes.span, in: 0..<bytes.count)
            arena = bytes
        }
    }
}
