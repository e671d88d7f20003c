public import Cryptography
import Events
public import Ledgers
import Merkle
public import Streams

/// Records and batches of made-up events, the same in every run.
public enum LedgerSample {
    /// The canonical bytes of an event that follows from its number.
    public static func event(_ number: Int) throws -> [UInt8] {
        try event(number, cost: number)
    }

    /// The canonical bytes of another event with the same identifier.
    public static func conflicting(with number: Int) throws -> [UInt8] {
        try event(number, cost: number + 1)
    }

    private static func event(_ number: Int, cost: Int) throws -> [UInt8] {
        try Event(
            id: "event-\(number)",
            agent: "agent-\(number % 7)",
            timestamp: EventTime(nanoseconds: Int64(number) * 1_000_000),
            .metering(
                Metering(
                    resourceType: "llm_call",
                    quantity: .one,
                    cost: Money(nanos: Int64(cost), currency: .usd)
                )
            )
        ).canonicalBytes
    }

    /// A signer whose notes are readable: the partition, the size and the root.
    public static func sign(
        _ partition: Int,
        _ size: Int,
        _ root: Digest
    ) async throws(LedgerError) -> [UInt8] {
        Array("\(partition) \(size) \(root)".utf8)
    }

    /// A chunk of records of one producer, as a reader makes them.
    public static func records(
        _ values: [[UInt8]],
        from offset: Int = 0,
        producer: String = "sample",
        sequence: Int? = nil
    ) -> Chunk<LogRecord> {
        var chunk = Chunk<LogRecord>(bytes: Array(producer.utf8))
        let count = UInt32(chunk.bytes.count)
        for (number, value) in values.enumerated() {
            let start = UInt32(chunk.bytes.count)
            chunk.bytes += value
            chunk.elements.append(
                LogRecord(
                    offset: offset + number,
                    start: start,
                    count: UInt32(value.count),
                    producerStart: 0,
                    producerCount: count,
                    sequence: sequence.map { $0 + number } ?? offset + number
                )
            )
        }
        return chunk
    }

    /// What the stages before make of records.
    public static func batch(
        _ records: Chunk<LogRecord>,
        partition: Int = 0,
        from lower: Int,
        to upper: Int
    ) -> Batch<LedgerEntry> {
        var part = Chunk<LedgerEntry>(bytes: records.bytes)
        var rejections: [Rejection] = []
        let bytes = records.bytes
        for record in records.elements {
            do throws(EventError) {
                let view = try EventView(validating: bytes.span, in: record.range)
                var entry = LedgerEntry(record, eventID: view.eventID)
                entry.leaf = RFC6962.leafHash(bytes.span.extracting(record.range))
                part.elements.append(entry)
            } catch {
                rejections.append(
                    Rejection(
                        stage: "decode",
                        input: record,
                        bytes: Array(bytes[record.range]),
                        error: error
                    )
                )
            }
        }
        let range = OffsetRange(partition: partition, lower: lower, upper: upper)
        return Batch(
            parts: [part],
            reason: .count,
            lineage: Lineage([range]),
            rejections: rejections
        )
    }

    /// What a lane makes of the events of `numbers`, whose offsets are their numbers.
    public static func ledgerBatch(
        _ numbers: Range<Int>,
        with lane: inout LedgerLane,
        partition: Int = 0
    ) throws -> LedgerBatch {
        let records = records(try numbers.map { try event($0) }, from: numbers.lowerBound)
        return try lane.commit(
            batch(records, partition: partition, from: numbers.lowerBound, to: numbers.upperBound)
        )
    }
}
