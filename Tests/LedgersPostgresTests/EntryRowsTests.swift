import ConformanceKit
import Cryptography
import Events
import Ledgers
import Merkle
import Streams
import StreamsPostgres
import Testing

@testable import LedgersPostgres

/// What stands in the rows is what the events say, whatever that is.
@Suite(.enabled(if: PostgresServer.isAvailable, "\(PostgresServer.need)"))
struct EntryRowsTests {
    private static let hostile = [
        "'; DROP TABLE caracal.entries; --", "\\'; DELETE FROM caracal.cursors; --", "$1", "%s%n",
        "\0", "a\0b\0", "\u{FFFD}", "\u{1F4B8}\u{202E}", "\\N", "\\.", "\n\r\t", "\u{1}\u{7F}",
        String(repeating: "\0", count: 256), String(repeating: "é", count: 128), "NULL", "{}",
    ]

    private func events() throws -> [Event] {
        let time = EventTime(nanoseconds: .min)
        var events: [Event] = []
        for text in Self.hostile {
            let cost = Money(nanos: .max, currency: .usd)
            events.append(
                try Event(
                    id: text,
                    agent: text,
                    timestamp: EventTime(nanoseconds: .max),
                    .metering(Metering(resourceType: text, quantity: .one, cost: cost)),
                    correlation: text,
                    metadata: Metadata([(key: text, value: .text(text))])
                )
            )
            guard text.utf8.count < 256 else { continue }
            events.append(
                try Event(
                    id: text + "x",
                    agent: text,
                    timestamp: time,
                    .policyChange(
                        PolicyChange(policyID: text, .modified, changedBy: text, reason: text)
                    )
                )
            )
        }
        return events
    }

    private func store(
        _ values: [[UInt8]],
        producer: String,
        in ledger: ScratchLedger
    ) async throws {
        let store = ledger.store()
        var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
        let records = LedgerSample.records(values, producer: producer)
        let batch = try lane.commit(LedgerSample.batch(records, from: 0, to: values.count))
        try await store.commit(batch, seal: seal(batch))
        #expect(try await store.claim(0).marks[Array(producer.utf8)] == values.count - 1)
        await store.close()
    }

    @Test(arguments: ["p\0'; --", String(repeating: "\u{1F4B8}", count: 2_000)])
    func keepsEveryTextAsItIs(producer: String) async throws {
        try await ScratchLedger.with { ledger in
            let events = try events()
            let values = events.map(\.canonicalBytes)
            try await store(values, producer: producer, in: ledger)
            let stored = try await ledger.connection.perform { session throws(PostgresError) in
                let rows = try session.query(
                    "SELECT payload, event_id, agent_id, producer FROM caracal.entries ORDER BY index"
                )
                return (0..<rows.count).map { row in
                    (rows.bytes(row, 0), rows.text(row, 1), rows.text(row, 2), rows.bytes(row, 3))
                }
            }
            #expect(stored.map(\.0) == values)
            #expect(stored.map(\.1) == events.map { $0.id.replacing("\0", with: "\u{FFFD}") })
            #expect(stored.map(\.2) == events.map { $0.agent.replacing("\0", with: "\u{FFFD}") })
            #expect(stored.allSatisfy { $0.3 == Array(producer.utf8) })
            let found = try await ledger.connection.perform { session in
                Result { () throws(LedgerError) in
                    try PostgresVerifier(session, partition: 0) { _ in nil }.run()
                }
            }.get()
            #expect(found.problems.map(\.column) == ["note"])
            let window = try await ledger.store().recentEvents(of: 0, limit: 1_000)
            for event in events {
                let leaf = RFC6962.leafHash(event.canonicalBytes)
                #expect(window.find(event.id.utf8Span.span, leaf: leaf) == .repeated, "\(event.id)")
            }
        }
    }

    @Test func keepsTheLargestEntries() async throws {
        try await ScratchLedger.with { ledger in
            let base = try Event(
                id: "large",
                agent: "a",
                timestamp: EventTime(nanoseconds: 0),
                .metering(
                    Metering(
                        resourceType: "r",
                        quantity: .one,
                        cost: Money(nanos: 0, currency: .usd)
                    )
                ),
                metadata: Metadata([(key: "k", value: .text(""))])
            )
            let room = EventLimits.canonicalBytes - base.canonicalBytes.count
            let values = try (0..<20).map { number in
                let text = String(repeating: number.isMultiple(of: 2) ? "x" : "\0", count: room)
                return try Event(
                    id: "large",
                    agent: "a",
                    timestamp: EventTime(nanoseconds: Int64(number)),
                    base.payload,
                    metadata: Metadata([(key: "k", value: .text(text))])
                ).canonicalBytes
            }
            #expect(values.allSatisfy { $0.count == 65_535 })
            try await store(values, producer: "p", in: ledger)
            let count = try await ledger.number(
                "SELECT count(*) FROM caracal.entries WHERE octet_length(payload) = 65535"
            )
            #expect(count == 20)
        }
    }

    /// Dead letters keep bytes and messages that are no text.
    @Test func keepsWhatIsNoEvent() async throws {
        try await ScratchLedger.with { ledger in
            let store = ledger.store()
            var lane = LedgerLane(partition: 0, claim: try await store.claim(0))
            let values: [[UInt8]] = [[0, 0xff, 0xfe], [], Array("'; --".utf8)]
            let records = LedgerSample.records(values)
            let batch = try lane.commit(LedgerSample.batch(records, from: 0, to: 3))
            try await store.commit(batch, seal: seal(batch))
            await store.close()
            let bytes = try await ledger.connection.perform { session in
                Result { () throws(LedgerError) in
                    var found: [[UInt8]] = []
                    let reader = try PostgresLedgerReader(session, partition: 0)
                    try reader.deadLetters { letter in
                        found.append(letter.record.bytes)
                        return true
                    }
                    #expect(try reader.deadLetterCount() == found.count)
                    return found
                }
            }.get()
            #expect(bytes == values)
        }
    }
}
