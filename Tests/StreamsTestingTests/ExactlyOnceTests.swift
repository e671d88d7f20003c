import StreamsTesting
import Testing

/// The simulation finds what it is made to find, and nothing where there is nothing.
@Suite struct ExactlyOnceTests {
    private func firstFailure(of saving: Saving, in seeds: Range<UInt64>) async -> UInt64? {
        for seed in seeds
        where await ExactlyOnceWorld(seed: seed, saving: saving).run().problem != nil {
            return seed
        }
        return nil
    }

    @Test func effectsAndCursorInOneFencedTransactionAreExactlyOnce() async {
        var crashes = 0
        var pauses = 0
        for seed in UInt64(0)..<60 {
            let report = await ExactlyOnceWorld(seed: seed, saving: .together).run()
            #expect(report.problem == nil, "seed \(seed): \(report)")
            crashes += report.crashes
            pauses += report.pauses
        }
        #expect(crashes > 40 && pauses > 20)
    }

    @Test func findsThatNobodyIsFenced() async {
        #expect(await firstFailure(of: .withoutFencing, in: 0..<40) != nil)
    }

    @Test func findsAnOffsetThatIsSavedSeparately() async {
        #expect(await firstFailure(of: .separately, in: 0..<40) != nil)
    }

    @Test func findsADoubtfulCommitThatIsIgnored() async {
        #expect(await firstFailure(of: .ignoringDoubt, in: 0..<40) != nil)
    }

    @Test(arguments: UInt64(0)..<5)
    func aWorldIsTheSameEveryTime(seed: UInt64) async {
        let first = await ExactlyOnceWorld(seed: seed, saving: .together).run()
        let second = await ExactlyOnceWorld(seed: seed, saving: .together).run()
        #expect(first == second)
    }
}
