import Events
import Foundation
import StreamsKafka
import StreamsPostgres
import Testing

@Suite(.enabled(if: Stack.isAvailable, Stack.need), .serialized)
struct HostileRecordsTests {
    /// A hundred thousand records, most of them no events: each becomes exactly what the contract
    /// says, an entry, a repeat, or a dead letter with its reason.
    @Test func becomeEntriesRepeatsOrDeadLetters() async throws {
        let count = 100_000
        try await Stack.with(partitions: HostileRecords.partitions) { stack in
            let writer = try stack.writer(["batch.count": "5000"])
            var expected = Array(
                repeating: HostileRecords.Ledger(),
                count: HostileRecords.partitions
            )
            var records = try HostileRecords(seed: 20_261_124)
            var reader = EventJSON()
            try await stack.produce(count) { number, batch in
                let record = records.record(number)
                append(record, to: &batch)
                expected[record.partition].add(record, &reader)
            }
            try await stack.waitUntil(done: count, within: 120)
            #expect(writer.process.isRunning)
            let connection = PostgresConnection(try PostgresSettings(url: stack.databaseURL))
            for (partition, ledger) in expected.enumerated() {
                let (payloads, letters) = try await connection.perform {
                    session throws(PostgresError) in
                    let rows = try session.query(
                        "SELECT payload FROM caracal.entries WHERE partition = \(partition) "
                            + "ORDER BY index"
                    )
                    let reasons = try session.query(
                        "SELECT reason, count(*) FROM caracal.dead_letters "
                            + "WHERE partition = \(partition) GROUP BY reason"
                    )
                    return (
                        (0..<rows.count).map { rows.bytes($0, 0) },
                        (0..<reasons.count).map {
                            (reasons.text($0, 0), reasons.integer($0, 1) ?? 0)
                        }
                    )
                }
                // Not compared within the macro, which would print all of it.
                let isSame = payloads == ledger.entries
                #expect(isSame, "\(payloads.count) entries, and not \(ledger.entries.count)")
                #expect(Dictionary(uniqueKeysWithValues: letters) == ledger.letters)
            }
            // Each kind is there in numbers, or the test shows little.
            let sums = try stack.sums()
            let repeats = expected.reduce(0) { $0 + $1.repeats }
            #expect(sums.entries + sums.letters + repeats == count)
            #expect(sums.entries > 30_000 && sums.letters > 30_000 && repeats > 3_000)
            for reason in ["malformed_event", "too_large", "id_conflict"] {
                #expect(
                    expected.allSatisfy { $0.letters[reason, default: 0] >= 30 },
                    "\(reason) of \(expected.map(\.letters))"
                )
            }
            // All of them are copied to their topic, or there is none, which is no reason to end.
            try await writer.wait(for: "dead letters are copied, or have no topic", within: 60) {
                if writer.errors.contains("there is no topic caracal.dlq") { return true }
                return try await connection.perform { session throws(PostgresError) in
                    try session.query(
                        "SELECT 1 FROM caracal.dead_letters WHERE NOT is_published LIMIT 1"
                    ).count == 0
                }
            }
            await connection.close()
            try await stack.produce([Stack.event(0)])
            try await stack.waitUntil(done: count + 1)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            let verified = try stack.caracal("verify")
            #expect(verified.code == 0, "\(verified.output)")
        }
    }

    private func append(_ record: HostileRecords.Record, to batch: inout KafkaBatch) {
        func range(_ bytes: [UInt8]?) -> Range<Int>? {
            guard let bytes else { return nil }
            let start = batch.bytes.count
            batch.bytes += bytes
            return start..<batch.bytes.count
        }
        let (key, value) = (range(record.key), range(record.value))
        batch.append(key: key, value: value, partition: record.partition)
        for header in record.headers { batch.addHeader(header.name, header.value) }
    }
}
