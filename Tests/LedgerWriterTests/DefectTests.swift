import ConformanceKit
import Foundation
import StreamsKafka
import Testing

// Things that ledgers of metered events get wrong, by number: each test shows that this one does not.
//
// Those that do not concern the way from a topic into a database:
//
//   6        a client's certificate taken from a header            there is no gateway
//   8        forwarding to any address, with the client's secrets  there is no gateway
//   9, 10    requests without proof of identity, replayed ones     there is no gateway
//   11       lists of allowed targets that fail open               there is no gateway
//   12       agents' private keys in a registry                    there are no agents' keys
//   13       prices that the client or the upstream sets           there is no gateway
//   15       a cache that loses spending                           there is no cache
//   16       budgets held against another store than the ledger    there are no budgets
//   17, 18   reservations that race, or are left out               there are no budgets
//   20       policies read once                                    there are no policies
//   26       refusals that nobody notes                            there is no gateway
//   27       charges noted twice or never by a fallback            there is no gateway
//   42       bodies and headers changed on the way                 there is no gateway

/// A stack that everything went through once; every test looks at one thing that is left of it.
@Suite(.enabled(if: Stack.isAvailable, Stack.need), .defectStack, .serialized)
struct DefectTests {
    // MARK: What runs at all

    /// Defect 1: what has been read is only worked on when the process ends.
    @Test func defect01RecordsAreStoredWhileTheWriterRuns() throws {
        #expect(try DefectStack.get().storedWhileRunning > 0)
    }

    /// Defect 2: a producer that no setting of production can make, because it passes on names that
    /// its client does not have.
    @Test func defect02ProductionNamesMakeAProducer() throws {
        let producer = try KafkaProducer(
            settings: KafkaSettings(
                [
                    "bootstrap.servers": DefectStack.get().stack.kafka.bootstrap,
                    "buffer.memory": "67108864", "batch.size": "65536", "linger.ms": "5",
                    "compression.type": "lz4", "acks": "all", "enable.idempotence": "true",
                ],
                for: .producer
            )
        )
        producer.close()
        #expect(throws: (any Error).self) {
            try KafkaSettings(["bootstrap.servers": "h:1", "buffer.memroy": "1"], for: .producer)
        }
    }

    /// Defect 3: parts that no program starts.
    @Test(arguments: ["caracal", "ledger-writer"])
    func defect03EveryProgramStarts(name: String) throws {
        let help = try Programs.run(name, "--help")
        #expect(help.code == 0 && help.output.contains("ledger-writer") || name == "caracal")
        #expect(try Programs.run(name, "--no-such-option").code == 64)
    }

    /// Defect 4: migrations that do not reach their last step, or tables that none of them makes.
    @Test func defect04MigrationsReachTheEndAndMakeEveryTable() throws {
        let stack = try DefectStack.get().stack
        let again = try stack.caracal("migrate")
        #expect(again.code == 0 && again.output == "")
        let missing = try stack.sql(
            """
            SELECT count(*) FROM unnest(ARRAY['entries', 'tiles', 'trees', 'checkpoints', 'cursors',
                'marks', 'dead_letters', 'settings', 'entry_tables']) AS t
                WHERE to_regclass('caracal.' || t) IS NULL
            """
        )
        #expect(missing == "0")
    }

    /// Defect 5: commands that are documented, and gone because something they need is not there.
    @Test func defect05EveryCommandOfADatabaseAnswers() throws {
        let stack = try DefectStack.get().stack
        for words in [
            ["status"], ["verify"], ["entries"], ["checkpoint"], ["receipt", "--index", "0"],
            ["prove-consistency", "--from", "1", "--to", "2"], ["tiles", stack.path("tiles")],
            ["dlq", "list"],
        ] {
            let outcome = try stack.caracal(words)
            #expect(outcome.code == 0 && !outcome.output.isEmpty, "\(words): \(outcome.errors)")
        }
    }

    // MARK: What is counted

    /// Defect 7: a negative cost that makes room in a budget.
    @Test func defect07NegativeCostsAreDeadLetters() throws {
        let given = try DefectStack.get()
        #expect(!given.entries.contains { $0.event_id == "minus" })
        let letters = try given.stack.caracal("dlq", "list", "--json").output
        #expect(letters.contains("cost") && letters.contains("negative"))
    }

    /// Defect 14: names from outside as labels, so that anybody can fill the memory of those who
    /// collect metrics.
    @Test func defect14NothingFromOutsideIsALabel() throws {
        let metrics = try DefectStack.get().metrics
        let labels = metrics.matches(of: #/[{,]([a-z_]+)="([^"]*)"/#)
            .filter { $0.1 != "le" && $0.1 != "quantile" }
        #expect(Set(labels.map { String($0.1) }).isSubset(of: ["partition", "reason", "status"]))
        #expect(!metrics.contains("agent-") && !metrics.contains("e-test-"))
    }

    /// Defect 19: money as a binary fraction, and sums across currencies.
    @Test func defect19MoneyIsExactAndKeepsItsCurrency() throws {
        let entries = try DefectStack.get().entries
        func cost(_ id: String) -> String? { entries.first { $0.event_id == id }?.cost }
        #expect(Double(cost("nano") ?? "") != nil && cost("nano")?.hasSuffix("000000001") == true)
        #expect(cost("large") == "9007199.254740993")
        #expect(cost("tenth")?.hasPrefix("0.1") == true && cost("fifth")?.hasPrefix("0.2") == true)
        #expect(cost("number")?.hasPrefix("0.3") == true)
        #expect(entries.first { $0.event_id == "euro" }?.currency == "EUR")
        let nanos = try DefectStack.get().stack.sql(
            """
            SELECT sum(cost_nanos) FROM caracal.entries WHERE event_id IN ('tenth', 'fifth')
                AND currency = 'USD'
            """
        )
        #expect(nanos == "300000000")
    }

    // MARK: Delivery

    /// Defect 21: no identity of an event, so that what comes again is charged again.
    @Test func defect21WhatComesAgainIsNotCountedAgain() throws {
        let ids = try DefectStack.get().entries.map(\.event_id)
        #expect(ids.count == DefectStack.count + DefectStack.oddCount)
        #expect(Set(ids).count == ids.count)
    }

    /// Defect 22: offsets that are committed without what they stand for.
    @Test func defect22OffsetsAreCommittedOnlyWithTheData() throws {
        let given = try DefectStack.get()
        let ids = Set(given.entries.map(\.event_id))
        // A writer was killed in the middle, and nothing is missing.
        for number in 0..<DefectStack.count { #expect(ids.contains("e-test-\(number)")) }
        // A cursor is never beyond a transaction that has stored what is before it.
        let behind = try given.stack.sql(
            """
            SELECT count(*) FROM caracal.cursors c WHERE next_offset < (SELECT max(next_offset)
                FROM caracal.checkpoints p WHERE p.partition = c.partition)
                OR next_offset <= (SELECT max(source_offset) FROM caracal.entries e
                WHERE e.partition = c.partition)
            """
        )
        #expect(behind == "0")
    }

    /// Defect 23: dead letters that are lost, because they are no text or nobody waits for them, and
    /// that nobody can send again.
    ///
    /// The one who sends them dies between sending and noting it: nothing is doubled.
    @Test func defect23DeadLettersAreKeptAndSentAgainOnce() async throws {
        try await Stack.with(partitions: 1) { stack in
            let writer = try stack.writer()
            // In its producer's sequence, whose mark is beyond it when the letter is sent again.
            let spoilt = Array(Stack.event(0).map { $0 == UInt8(ascii: "0") ? 0xff : $0 })
            try await stack.produce(
                [spoilt] + (1..<20).map { Stack.event($0) } + [[0xff, 0, 0xfe]]
            )
            try await stack.waitUntil(done: 21)
            let hex = try stack.sql(
                "SELECT encode(bytes, 'hex') FROM caracal.dead_letters WHERE source_offset = 20"
            )
            #expect(hex == "ff00fe")
            let file = stack.path("event.json")
            try Data(Stack.event(0)).write(to: URL(filePath: file))
            let words = ["dlq", "retry", "--kafka", stack.kafka.bootstrap]
            // Whoever may only read sends, and cannot note it.
            let name = "auditor_\(UInt32.random(in: 0 ... .max))"
            try stack.sql("CREATE USER \(name) PASSWORD 'x' IN ROLE caracal_auditor")
            let reader = stack.databaseURL.replacing(#/\/\/[^@]*@/#, with: "//\(name):x@")
            for _ in 0..<2 {
                let cut = try Programs.run(
                    "caracal",
                    words + ["0@0", "--with", file, "--postgres", reader]
                )
                #expect(cut.code == 77, "\(cut.errors)")
            }
            try await stack.waitUntil(done: 23)
            let sent = try stack.caracal(words + ["0@0", "--with", file])
            #expect(sent.code == 0 && sent.output == "sent 1 already 0 dead 0\n")
            let again = try stack.caracal(words + ["0@0", "--with", file])
            #expect(again.output == "sent 0 already 1 dead 0\n")
            let hopeless = try stack.caracal(words + ["--all"])
            #expect(hopeless.code == 65 && hopeless.output == "sent 0 already 1 dead 1\n")
            // Three times on the topic, and once in the ledger.
            try await stack.waitUntil(done: 24)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            let ids = try stack.eventIDs()
            #expect(ids.count == 20 && Set(ids).count == 20 && ids.contains("e-test-0"))
            #expect(try stack.sums().letters == 2)
            let verified = try stack.caracal("verify")
            #expect(verified.code == 0, "\(verified.output)")
            try stack.sql("DROP USER \(name)")
        }
    }

    /// Defect 24: a timeout that is taken for a confirmation, and a lone event that waits for others.
    @Test func defect24ProducingIsConfirmedOrFails() throws {
        let stack = try DefectStack.get().stack
        let file = stack.path("one.ndjson")
        try Data(Stack.event(0, producer: "lone") + [10]).write(to: URL(filePath: file))
        let topic = "lone\(UInt32.random(in: 0 ... .max))"
        try stack.kafka.run("create", topic, "1")
        let start = Date.now
        let words = ["produce", file, "--topic", topic, "--kafka"]
        let sent = try Programs.run("caracal", words + [stack.kafka.bootstrap])
        #expect(sent.code == 0, "\(sent.errors)")
        #expect(Date.now.timeIntervalSince(start) < 5)
        let config = stack.path("short.conf")
        try Data("kafka.delivery.timeout.ms = 2000\nkafka.request.timeout.ms = 1000\n".utf8)
            .write(to: URL(filePath: config))
        let lost = try Programs.run("caracal", words + ["127.0.0.1:1", "--config", config])
        #expect(lost.code == 69, "\(lost.code): \(lost.errors)")
    }

    /// Defect 25: a try again after a success that meets its own row, and ends as a dead letter;
    /// exports that fail on every row.
    @Test func defect25RepeatsAreNoDeadLettersAndExportsAreWhole() throws {
        let given = try DefectStack.get()
        #expect(try given.stack.sums().letters == DefectStack.hostile.count)
        let csv = try given.stack.caracal("entries", "--format", "csv").output
        let count = try given.stack.sums().entries
        #expect(csv.split(separator: "\r\n").count == count + 1)
        #expect(csv.contains(",'=1+1"))
    }
}
