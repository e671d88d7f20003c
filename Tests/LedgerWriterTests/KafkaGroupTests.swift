import ConformanceKit
import Foundation
import Testing

/// What others do to the group and the topic of a writer.
@Suite(.enabled(if: Stack.isAvailable, Stack.need), .serialized, .timeLimit(.minutes(3)))
struct KafkaGroupTests {
    /// Of every number of partitions each has a log of its own, without a gap.
    @Test(arguments: [1, 2, 4, 8, 16])
    func writesAllPartitions(count: Int) async throws {
        try await Stack.with(partitions: count) { stack in
            try await stack.produce((0..<960).map { Stack.event($0) })
            let writer = try stack.writer()
            try await stack.waitUntil(done: 960)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            let entries = try stack.entries()
            #expect(Set(entries.map(\.id)).count == 960 && entries.count == 960)
            #expect(entries.reduce(0) { $0 + $1.cost } == Decimal(960) / 1_000)
            let logs = try stack.logs()
            #expect(logs.map(\.partition) == Array(0..<count))
            #expect(logs.reduce(0) { $0 + $1.size } == 960)
            #expect(logs.map(\.size) == logs.map(\.cursor))
            #expect(entries.map(\.index) == logs.flatMap { Array(0..<$0.size) })
            let verified = try stack.caracal("verify")
            #expect(verified.code == 0, "\(verified.output)")
        }
    }

    /// The cursor in the database rules, whatever the group is told.
    @Test func isNotMovedByAnOffsetThatIsResetByHand() async throws {
        try await Stack.with(partitions: 2) { stack in
            var produced = 0
            for reset in [nil, "--to-latest", "--to-earliest"] {
                try await stack.produce((produced..<produced + 200).map { Stack.event($0) })
                produced += 200
                if let reset { try stack.resetOffsets(reset) }
                let writer = try stack.writer()
                try await stack.waitUntil(done: produced)
                writer.signal(SIGTERM)
                #expect(writer.wait() == 0)
                let ids = try stack.eventIDs()
                #expect(ids.count == produced && Set(ids).count == produced, "\(reset ?? "")")
            }
            #expect(try stack.sums().done == produced)
            #expect(try stack.caracal("verify").code == 0)
        }
    }

    /// A topic grows while the writer runs, and while it is down.
    @Test func takesUpPartitionsThatAreAdded() async throws {
        try await Stack.with(partitions: 2) { stack in
            var writer = try stack.writer(["kafka.metadata.max.age.ms": "500"])
            try await stack.produce((0..<200).map { Stack.event($0) })
            try await stack.waitUntil(done: 200)
            try stack.grow(to: 4)
            try await stack.produce((200..<600).map { Stack.event($0) })
            try await stack.waitUntil(done: 600)
            #expect(try stack.logs().filter { $0.size > 0 }.count == 4)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            try stack.grow(to: 6)
            try await stack.produce((600..<1_000).map { Stack.event($0) })
            writer = try stack.writer()
            try await stack.waitUntil(done: 1_000)
            writer.signal(SIGTERM)
            #expect(writer.wait() == 0)
            let ids = try stack.eventIDs()
            #expect(ids.count == 1_000 && Set(ids).count == 1_000)
            #expect(try stack.logs().filter { $0.size > 0 }.count == 6)
            #expect(try stack.caracal("verify").code == 0)
        }
    }

    /// A topic that was made again and does not reach as far as the ledger is not written.
    @Test(arguments: [false, true])
    func standsStillBeforeATopicThatEndsTooSoon(isRunning: Bool) async throws {
        try await Stack.with(partitions: 1) { stack in
            try await stack.expectStandstill(
                afterMakingTheTopicAgainWith: 1_000..<1_010,
                isRunning: isRunning,
                saying: "was made anew"
            )
        }
    }

    /// Of two writers with one name the younger works, and the older ends and says why.
    @Test func endsWhenAnotherHasItsName() async throws {
        try await Stack.with(partitions: 2) { stack in
            let older = try stack.writer(["kafka.group.instance.id": "one"])
            try await stack.produce((0..<200).map { Stack.event($0) })
            try await stack.waitUntil(done: 200)
            let younger = try stack.writer(["kafka.group.instance.id": "one"])
            #expect(older.wait() == 75)
            #expect(older.errors.contains("group.instance.id 'one'"), "\(older.errors)")
            try await stack.produce((200..<400).map { Stack.event($0) })
            try await stack.waitUntil(done: 400)
            younger.signal(SIGTERM)
            #expect(younger.wait() == 0)
            let ids = try stack.eventIDs()
            #expect(ids.count == 400 && Set(ids).count == 400)
            #expect(try stack.caracal("verify").code == 0)
        }
    }
}
