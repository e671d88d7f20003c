import Foundation
import Testing

// What operators rely on.
extension DefectTests {
    /// Defect 35: a restore that says it went well, and restored nothing.
    @Test func defect35ABackupIsWhatItIsACopyOf() throws {
        let stack = try DefectStack.get().stack
        let (folder, copy) = (stack.path("folder"), stack.path("copy"))
        let file = stack.path("events.ndjson")
        try Data((0..<50).flatMap { Stack.event($0) + [10] }).write(to: URL(filePath: file))
        for words in [
            ["init", folder], ["ingest", folder, file], ["run", folder, "--until-drained"],
            ["backup", folder, copy], ["verify", copy],
        ] {
            let outcome = try Programs.run("caracal", words)
            #expect(outcome.code == 0, "\(words): \(outcome.errors)")
        }
        let notes = try [folder, copy].map { try Programs.run("caracal", "checkpoint", $0).output }
        #expect(notes[0] == notes[1] && notes[0].contains("\n50\n"))
        // What is damaged is no backup.
        let entries = folder + "/ledger/entries/00000000000000000000.led"
        let handle = try FileHandle(forUpdating: URL(filePath: entries))
        try handle.seek(toOffset: 3_000)
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: 3_000)
        try handle.write(contentsOf: Data([byte ^ 1]))
        try handle.close()
        let bad = try Programs.run("caracal", "backup", folder, copy + "2")
        #expect(bad.code == 65, "\(bad.output) \(bad.errors)")
        #expect(try Programs.run("caracal", "verify", copy + "2").code != 0)
    }

    /// Defect 36: progress that only a process or a group has, so that whoever comes later begins at 0.
    @Test func defect36ANewGroupGoesOnWhereTheLedgerIs() async throws {
        let given = try DefectStack.get()
        let before = try given.stack.sums()
        let writer = try given.stack.writer(["kafka.group.id": "g-\(UUID().uuidString)"])
        try await given.stack.produce([Stack.event(0, producer: "late")])
        try await given.stack.waitUntil(done: before.done + 1)
        writer.signal(SIGTERM)
        #expect(writer.wait() == 0)
        let after = try given.stack.sums()
        #expect(after.entries == before.entries + 1 && after.letters == before.letters)
    }

    /// Defect 37: a health check that says no when all is well, or yes always.
    @Test func defect37HealthSaysWhatIs() throws {
        #expect(try DefectStack.get().ready.contains(#""status":"ready""#))
    }

    /// Defect 38: metrics that are declared, and that nothing ever moves.
    @Test func defect38MetricsMove() throws {
        let metrics = try DefectStack.get().metrics
        func sum(_ name: String) -> Double? {
            let lines = metrics.split(separator: "\n").filter {
                $0.hasPrefix("\(name){") || $0.hasPrefix("\(name) ")
            }
            guard !lines.isEmpty else { return nil }
            return lines.compactMap { $0.split(separator: " ").last }.compactMap { Double($0) }
                .reduce(0, +)
        }
        for name in [
            "caracal_entries_total", "caracal_dead_letters_total", "caracal_duplicates_total",
            "caracal_merkle_batch_size_count", "caracal_merkle_processing_seconds_count",
            "caracal_commit_seconds_count", "caracal_database_connections",
        ] { #expect(sum(name) ?? 0 > 0, "\(name)") }
        for name in ["kafka_consumer_lag", "caracal_merkle_verification_failures_total"] {
            #expect(sum(name) == 0, "\(name)")
        }
    }

    /// Defect 39: times without a zone that mean another instant on another host.
    @Test func defect39TimesWithoutAZoneAreUTC() throws {
        // The writers ran in Tokyo and New York, and the database in Tokyo.
        let given = try DefectStack.get()
        let entry = given.entries.first { $0.event_id == "zoneless" }
        #expect(entry?.timestamp.hasPrefix("2023-11-16T18:15:46") == true)
        let nanoseconds = try given.stack.sql(
            "SELECT event_time FROM caracal.entries WHERE event_id = 'zoneless'"
        )
        #expect(nanoseconds == "1700158546000000000")
    }

    /// Defect 40: tables made ahead by a calendar that leaves days out, so that rows have no place.
    @Test func defect40EveryEntryHasATable() throws {
        let given = try DefectStack.get()
        let tables = Int(try given.stack.sql("SELECT count(*) FROM caracal.entry_tables")) ?? 0
        #expect(tables >= given.entries.count / 100)
        let ends = try given.stack.sql(
            """
            SELECT count(*) FROM (SELECT partition, max(upper_index) AS upper FROM
                caracal.entry_tables GROUP BY 1) t WHERE upper <= (SELECT max(index)
                FROM caracal.entries e WHERE e.partition = t.partition)
            """
        )
        #expect(ends == "0")
    }

    /// Defect 41: settings out of the environment that lose their type.
    @Test func defect41SettingsFromTheEnvironmentKeepTheirTypes() throws {
        func run(_ environment: [String: String]) throws -> (Int32, String) {
            let words = [
                "kafka.bootstrap.servers=h:1", "postgres.url=postgres://u@127.0.0.1:1/d",
                "ledger.origin=test/log", "ledger.signing-key-file=/nonexistent/key",
            ].flatMap { ["--set", $0] }
            let running = try RunningProgram("ledger-writer", words, environment: environment)
            return (running.wait(), running.errors)
        }
        let good = try run([
            "CARACAL_BATCH_COUNT": "70", "CARACAL_BATCH_BYTES": "1 MiB",
            "CARACAL_BATCH_WAIT": "5 ms", "CARACAL_POSTGRES_MIGRATE": "true",
        ])
        #expect(good.0 == 77, "\(good)")
        let bad = try run(["CARACAL_BATCH_COUNT": "1 MiB", "CARACAL_BATCH_WAIT": "true"])
        #expect(bad.0 == 78)
        #expect(bad.1.contains("batch.count") && bad.1.contains("batch.wait"))
    }

    /// Defect 43: numbers of entries given outside of a lock, so that two have the same or one is
    /// missing.
    @Test func defect43IndicesHaveNoGapAndNoDouble() throws {
        let wrong = try DefectStack.get().stack.sql(
            """
            SELECT count(*) FROM (SELECT partition, count(*) AS n, count(DISTINCT index) AS d,
                min(index) AS low, max(index) AS high FROM caracal.entries GROUP BY 1) t
                WHERE n <> d OR low <> 0 OR high <> n - 1
            """
        )
        #expect(wrong == "0")
    }

    /// Defect 44: encryption that is asked for, and left out without a word.
    @Test func defect44EncryptionThatIsAskedForIsNotLeftOut() throws {
        let stack = try DefectStack.get().stack
        for mode in ["require", "verify-full"] {
            let url = stack.databaseURL + "?sslmode=\(mode)"
            let outcome = try Programs.run("caracal", "status", "--postgres", url)
            #expect(outcome.code != 0, "\(mode)")
            #expect(outcome.errors.lowercased().contains("ssl") || outcome.errors.contains("TLS"))
        }
    }

    /// Defect 45: another store that steps in when the database is away, and then differs.
    @Test func defect45NothingStepsInForTheDatabase() throws {
        let stack = try DefectStack.get().stack
        let outcome = try Programs.run(
            "ledger-writer",
            stack.words([
                "postgres.url": "postgres://u@127.0.0.1:1/d", "start.deadline": "1 s",
                "kafka.group.id": "g-\(UUID().uuidString)",
            ])
        )
        #expect(outcome.code == 69)
        let found = try Programs.run(
            "caracal",
            "status",
            "--postgres",
            "postgres://u@127.0.0.1:1/d"
        )
        #expect(found.code == 69)
    }
}
