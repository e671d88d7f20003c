import Foundation
import Testing

/// Nothing lost and nothing doubled on a real Kafka and a real PostgreSQL.
@Suite(.enabled(if: Stack.isAvailable, Stack.need), .serialized)
struct ExactlyOnceTests {
    /// kill -9 at 30 moments, while events come.
    @Test func losesAndDoublesNothingUnderKills() async throws {
        let kills = 30
        try await Stack.with(partitions: 4) { stack in
            var produced = 0
            var hits = 0
            for number in 0..<kills {
                // By its name it takes up at once; else it would wait for the session of the dead.
                let writer = try stack.writer(["kafka.group.instance.id": "writer"])
                let before = try stack.sums().done
                let range = produced..<produced + 400
                try await stack.produce(range.map { Stack.event($0) })
                produced = range.upperBound
                // One in three dies at any moment, the others while they write.
                if number % 3 > 0 {
                    let end = Date(timeIntervalSinceNow: 10)
                    while try stack.sums().done == before, Date.now < end {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...400)))
                writer.signal(SIGKILL)
                #expect(writer.wait() == -SIGKILL)
                if try stack.sums().done > before { hits += 1 }
            }
            // Kills that only meet a start prove nothing.
            #expect(hits >= kills / 3, "\(hits)")
            let writer = try stack.writer(["kafka.group.instance.id": "writer"])
            try await stack.waitUntil(done: produced)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            let ids = try stack.eventIDs()
            #expect(ids.count == produced && Set(ids).count == produced)
            let verified = try stack.caracal("verify")
            #expect(verified.code == 0, "\(verified.output)")
        }
    }

    /// One, two, three writers and one again, under load.
    @Test func losesAndDoublesNothingAcrossRebalances() async throws {
        try await Stack.with(partitions: 4) { stack in
            var produced = 0
            func produce(_ count: Int) async throws {
                try await stack.produce((produced..<produced + count).map { Stack.event($0) })
                produced += count
            }
            var writers = [try stack.writer()]
            try await produce(2_000)
            try await stack.waitUntil(done: 1)
            for _ in 0..<2 {
                writers.append(try stack.writer())
                try await produce(2_000)
                try await Task.sleep(for: .milliseconds(700))
            }
            for writer in writers.dropFirst() {
                writer.signal(SIGTERM)
                try await produce(1_000)
                #expect(writer.wait() == 0)
            }
            try await stack.waitUntil(done: produced)
            writers[0].signal(SIGTERM)
            #expect(writers[0].wait() == 0)
            let ids = try stack.eventIDs()
            #expect(ids.count == produced && Set(ids).count == produced)
            #expect(try stack.caracal("verify").code == 0)
        }
    }

    /// Stopped past its session, a writer comes back as a zombie: what it has in hand is fenced.
    @Test func fencesAZombie() async throws {
        try await Stack.with(partitions: 2) { stack in
            let zombie = try stack.writer(["batch.wait": "200 ms"])
            try await stack.produce((0..<1_000).map { Stack.event($0) })
            try await stack.waitUntil(done: 1)
            zombie.signal(SIGSTOP)
            try await stack.produce((1_000..<3_000).map { Stack.event($0) })
            let heir = try stack.writer()
            try await stack.waitUntil(done: 3_000)
            zombie.signal(SIGCONT)
            try await stack.produce((3_000..<4_000).map { Stack.event($0) })
            try await stack.waitUntil(done: 4_000)
            for writer in [zombie, heir] {
                writer.signal(SIGTERM)
                #expect(writer.wait() == 0)
            }
            let ids = try stack.eventIDs()
            #expect(ids.count == 4_000 && Set(ids).count == 4_000)
            #expect(try stack.caracal("verify").code == 0)
        }
    }

    /// Every record is an entry, a repeat or a dead letter, and the sum is the input.
    @Test func keepsWhatIsNoEventAsDeadLetters() async throws {
        try await Stack.with(partitions: 3) { stack in
            var random = SystemRandomNumberGenerator()
            let values =
                (0..<6_000).map { number -> [UInt8] in
                    var value = Stack.event(number)
                    switch number % 6 {
                    case 0: break
                    case 1: value[Int.random(in: 0..<value.count, using: &random)] ^= 1 << 7
                    case 2:
                        value = Array(value.prefix(Int.random(in: 0..<value.count, using: &random)))
                    case 3: value = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
                    case 4: value = Stack.event(0, producer: "twice")
                    default: value = []
                    }
                    return value
                } + [Array(#"{"event_id":""#.utf8) + Array(repeating: 120, count: 70_000)]
            try await stack.produce(values)
            let writer = try stack.writer()
            try await stack.waitUntil(done: values.count)
            let sums = try stack.sums()
            // Of the event that came a thousand times one entry is left a partition at most.
            let ids = try stack.eventIDs()
            let repeats = 1_000 - ids.filter { $0 == "e-twice-0" }.count
            #expect(sums.entries + sums.letters + repeats == values.count)
            #expect(sums.letters >= 3_000)
            let listed = try stack.caracal("dlq", "list", "--json")
            #expect(listed.output.split(separator: "\n").count == sums.letters)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            #expect(try stack.caracal("verify").code == 0)
        }
    }
}
