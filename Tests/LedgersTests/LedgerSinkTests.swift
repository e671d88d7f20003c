import ConformanceKit
import Cryptography
import Ledgers
import Merkle
import Streams
import StreamsTesting
import Synchronization
import Testing

@Suite struct LedgerSinkTests {
    /// Runs `body` in a world whose time flies, and returns what it returned and the retries seen.
    private static func run(
        _ store: ScriptedLedgerStore,
        _ numbers: [Range<Int>],
        sign: @escaping TreeHeadSigner = LedgerSample.sign,
        acknowledge: @escaping @Sendable (Int, Int) async -> Void = { _, _ in }
    ) async throws -> (stored: [LedgerProgress], retries: [LedgerError], time: Duration) {
        let simulation = Simulation(seed: 1)
        let runtime = simulation.runtime()
        let seen = Mutex<(stored: [LedgerProgress], retries: [LedgerError])>(([], []))
        let claim = try await store.base.claim(0)
        let run = simulation.spawn {
            var lane = LedgerLane(partition: 0, claim: claim)
            var sink = LedgerSink(
                store: store,
                sign: sign,
                runtime: runtime,
                acknowledge: acknowledge
            ) { event in
                seen.withLock { seen in
                    switch event {
                    case .stored(let progress): seen.stored.append(progress)
                    case .retrying(_, let error): seen.retries.append(error)
                    }
                }
            }
            for range in numbers {
                let batch = try LedgerSample.ledgerBatch(range, with: &lane)
                try await sink.write(Chunk(elements: [batch]))
            }
            return runtime.clock.now()
        }
        simulation.advance(by: .seconds(600))
        let time = try await run.value
        return seen.withLock { ($0.stored, $0.retries, time) }
    }

    /// In a simulation every step takes a moment.
    private static func expect(_ time: Duration, isAbout expected: Duration) {
        #expect(time >= expected && time < expected + .milliseconds(20))
    }

    /// A commit that lost its answer is settled by the cursor, whichever way it went.
    @Test func settlesDoubtByReadingTheCursor() async throws {
        let doubt = LedgerError.inDoubt(reason: "no answer")
        for script in [
            [FailureScript<LedgerError>.Turn.fails(doubt)],
            [.takesEffectButFails(doubt)],
            [.succeeds, .takesEffectButFails(doubt), .fails(doubt)],
        ] {
            let store = ScriptedLedgerStore(commits: script)
            let (stored, retries, _) = try await Self.run(store, [0..<5, 5..<9, 9..<30])
            let ledger = await store.base.ledger(of: 0)
            #expect(ledger.size == 30)
            #expect(Set(ledger.entries).count == 30)
            #expect(stored.map(\.size) == [5, 9, 30])
            #expect(stored.last?.root == ledger.root)
            #expect(retries.allSatisfy { $0 == doubt } && !retries.isEmpty)
        }
    }

    /// A commit that did not take place is tried again, and not at once.
    @Test func waitsBeforeItTriesAgainWhatWasInDoubt() async throws {
        let doubt = LedgerError.inDoubt(reason: "no answer")
        let store = ScriptedLedgerStore(commits: [.fails(doubt), .fails(doubt)])
        let (stored, _, time) = try await Self.run(store, [0..<5])
        #expect(stored.map(\.size) == [5])
        Self.expect(time, isAbout: .milliseconds(50 + 100))
    }

    /// The event log is told what is stored, and never more.
    @Test func acknowledgesWhatIsStored() async throws {
        let store = ScriptedLedgerStore(commits: [.succeeds, .fails(.refused(reason: "never"))])
        let told = Mutex<[Int]>([])
        await #expect(throws: LedgerError.refused(reason: "never")) {
            try await Self.run(
                store,
                [0..<5, 5..<9],
                acknowledge: { _, offset in told.withLock { $0.append(offset) } }
            )
        }
        #expect(told.withLock { $0 } == [5])
    }

    /// While not even the cursor can be read, nothing is decided.
    @Test func waitsForTheCursor() async throws {
        let away = LedgerError.unavailable(reason: "away")
        let doubt = LedgerError.inDoubt(reason: "no answer")
        let store = ScriptedLedgerStore(
            commits: [.takesEffectButFails(doubt)],
            cursors: [.fails(away), .fails(doubt), .fails(away)]
        )
        let (stored, retries, time) = try await Self.run(store, [0..<5])
        #expect(await store.base.ledger(of: 0).size == 5)
        #expect(stored.count == 1)
        #expect(retries.count == 4)
        Self.expect(time, isAbout: .milliseconds(50 + 100 + 200))
    }

    /// Pauses double up to five seconds; nothing is lost and nothing stored twice.
    @Test func waitsLongerAndLonger() async throws {
        let full = LedgerError.notWritable(reason: "full")
        let store = ScriptedLedgerStore(commits: Array(repeating: .fails(full), count: 10))
        let (stored, retries, time) = try await Self.run(store, [0..<5, 5..<6])
        #expect(await store.base.ledger(of: 0).size == 6)
        #expect(stored.map(\.entries) == [5, 1])
        #expect(retries == Array(repeating: full, count: 10))
        let pauses = (0..<10).reduce(Duration.zero) {
            $0 + min(.milliseconds(50 << $1), .seconds(5))
        }
        Self.expect(time, isAbout: pauses)
    }

    /// What cannot pass ends the partition's work at once, with nothing stored.
    @Test(arguments: [
        LedgerError.fenced(current: Cursor(nextOffset: 7, epoch: 9)),
        .refused(reason: "never"), .damaged(reason: "bits"), .unusable(reason: "newer"),
        .verificationFailed(index: 3),
    ])
    func givesUpWhatCannotPass(error: LedgerError) async throws {
        let store = ScriptedLedgerStore(commits: [.fails(error)])
        await #expect(throws: error) { try await Self.run(store, [0..<5]) }
        #expect(await store.base.ledger(of: 0).size == 0)
    }

    /// A cursor that is at neither end, or of another epoch, means that somebody else has taken over.
    @Test func findsOutThatItWasFenced() async throws {
        let doubt = LedgerError.inDoubt(reason: "no answer")
        let store = ScriptedLedgerStore(commits: [.fails(doubt)], claimsBetween: true)
        let current = Cursor(nextOffset: 0, epoch: 2)
        await #expect(throws: LedgerError.fenced(current: current)) {
            try await Self.run(store, [0..<5])
        }
    }

    /// The signature covers what was read back: where that differs, its index is named.
    @Test(arguments: [0, 7, 19])
    func namesTheEntryThatIsNotAsItWasWritten(index: Int) async throws {
        let store = ScriptedLedgerStore(commits: [], spoils: index)
        await #expect(throws: LedgerError.verificationFailed(index: index)) {
            try await Self.run(store, [0..<20])
        }
        #expect(await store.base.ledger(of: 0).notes.isEmpty)
    }
}

/// A ledger in memory whose answers follow a script.
private struct ScriptedLedgerStore: LedgerStore {
    let base = InMemoryLedgerStore()
    private let commits: FailureScript<LedgerError>
    private let cursors: FailureScript<LedgerError>
    private let claimsBetween: Bool
    private let spoils: Int?

    init(
        commits: [FailureScript<LedgerError>.Turn],
        cursors: [FailureScript<LedgerError>.Turn] = [],
        claimsBetween: Bool = false,
        spoils: Int? = nil
    ) {
        self.commits = FailureScript(commits)
        self.cursors = FailureScript(cursors)
        self.claimsBetween = claimsBetween
        self.spoils = spoils
    }

    func claim(_ partition: Int) async throws(LedgerError) -> LedgerClaim {
        try await base.claim(partition)
    }

    func cursor(of partition: Int) async throws(LedgerError) -> Cursor {
        if claimsBetween { _ = try await base.claim(partition) }
        return try await cursors.play { () async throws(LedgerError) in
            try await base.cursor(of: partition)
        }
    }

    func commit(_ batch: LedgerBatch, seal: @escaping LedgerSeal) async throws(LedgerError) {
        try await commits.play { () async throws(LedgerError) in
            try await base.commit(batch) { leaves throws(LedgerError) in
                var leaves = leaves
                if let spoils { leaves[spoils] = RFC6962.emptyRoot }
                return try await seal(leaves)
            }
        }
    }

    func recentEvents(of partition: Int, limit: Int) async throws(LedgerError) -> EventIDWindow {
        try await base.recentEvents(of: partition, limit: limit)
    }
}
