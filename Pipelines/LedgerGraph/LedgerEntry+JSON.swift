import Events
import Ledgers
import Streams

extension LedgerEntry {
    /// An entry for an event that has been written to another arena than its record's.
    ///
    /// An event that names producer and sequence is known by these; if it names no producer, by
    /// those that its record came with, whose name is copied to the event's arena. A dead letter that
    /// is sent again is known by the letter: its own place in a sequence is long past.
    init(
        _ record: LogRecord,
        _ keys: EventKeys,
        _ bytes: Span<UInt8>,
        into arena: inout [UInt8]
    ) {
        var entry = LogRecord(
            offset: record.offset,
            start: keys.range.start,
            count: keys.range.count
        )
        let isRedriven =
            record.sequence >= 0 && RedrivenLetter.isProducer(bytes, record.producerRange)
        if !keys.producerID.isEmpty, !isRedriven {
            entry.producerStart = keys.producerID.start
            entry.producerCount = keys.producerID.count
            entry.sequence = keys.sequence
        } else if record.producerCount > 0, record.sequence >= 0 {
            entry.producerStart = UInt32(truncatingIfNeeded: arena.count)
            entry.producerCount = record.producerCount
            entry.sequence = record.sequence
            for index in record.producerRange { arena.append(bytes[index]) }
        }
        self.init(entry, eventID: keys.eventID.range)
    }
}
