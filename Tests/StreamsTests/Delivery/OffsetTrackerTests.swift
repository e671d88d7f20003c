import Streams
import StreamsTesting
import Testing

@Suite struct OffsetTrackerTests {
    private func range(_ lower: Int, _ upper: Int) -> OffsetRange {
        OffsetRange(partition: 0, lower: lower, upper: upper)
    }

    private func deliver(
        _ range: OffsetRange,
        branches: Int = 1,
        to tracker: inout OffsetTracker
    ) throws -> OffsetTracker.Delivery {
        let delivery = tracker.deliver(range, branches: branches)
        return try #require(delivery)
    }

    @Test func passesNothingWhileSomethingEarlierIsUnfinished() throws {
        var tracker = OffsetTracker(partition: 0, position: 0)
        let first = try deliver(range(0, 10), to: &tracker)
        let second = try deliver(range(10, 20), to: &tracker)
        #expect(tracker.answer(second) == nil)
        #expect(tracker.position == 0)
        #expect(tracker.answer(first) == range(0, 20))
        #expect(tracker.position == 20)
    }

    @Test func passesWhatNeverArrivesWithWhatComesAfterIt() throws {
        var tracker = OffsetTracker(partition: 0, position: 0)
        let first = try deliver(range(0, 10), to: &tracker)
        let later = try deliver(range(15, 20), to: &tracker)
        #expect(tracker.answer(first) == range(0, 10))
        #expect(tracker.answer(later) == range(10, 20))
    }

    @Test func theWorstAnswerOfTheBranchesCounts() throws {
        var tracker = OffsetTracker(partition: 0, position: 0)
        let delivery = try deliver(range(0, 10), branches: 3, to: &tracker)
        let next = try deliver(range(10, 11), to: &tracker)
        #expect(tracker.answer(delivery, .done) == nil)
        #expect(tracker.answer(delivery, .failed) == nil)
        #expect(tracker.answer(delivery, .deadLettered) == nil)
        #expect(tracker.answer(next) == nil)
        #expect(tracker.position == 0)
        #expect(tracker.firstFailure == range(0, 10))
    }

    @Test func aDeadLetterIsPassed() throws {
        var tracker = OffsetTracker(partition: 0, position: 0)
        let delivery = try deliver(range(0, 10), branches: 2, to: &tracker)
        #expect(tracker.answer(delivery, .deadLettered) == nil)
        #expect(tracker.answer(delivery, .done) == range(0, 10))
    }

    @Test func anAnswerTooManyChangesNothing() throws {
        var tracker = OffsetTracker(partition: 0, position: 0)
        let delivery = try deliver(range(0, 10), to: &tracker)
        _ = try deliver(range(10, 20), to: &tracker)
        #expect(tracker.answer(delivery) == range(0, 10))
        #expect(tracker.answer(delivery) == nil)
        #expect(tracker.position == 10)
    }

    @Test func isFullAtItsLimit() throws {
        var tracker = OffsetTracker(partition: 0, position: 0, limit: 2)
        let first = try deliver(range(0, 1), to: &tracker)
        _ = try deliver(range(1, 2), to: &tracker)
        #expect(tracker.isFull)
        #expect(tracker.deliver(range(2, 3)) == nil)
        _ = tracker.answer(first)
        #expect(tracker.deliver(range(2, 3)) != nil)
    }

    @Test func refusesWhatIsOutOfOrder() {
        var tracker = OffsetTracker(partition: 0, position: 5)
        #expect(tracker.deliver(range(4, 6)) == nil)
        #expect(tracker.deliver(OffsetRange(partition: 1, lower: 5, upper: 6)) == nil)
        #expect(tracker.deliver(range(5, 6)) != nil)
        #expect(tracker.deliver(range(5, 7)) == nil)
    }

    @Test func answersToWhatWasRewoundAreIgnored() throws {
        var tracker = OffsetTracker(partition: 0, position: 0)
        let old = try deliver(range(0, 10), to: &tracker)
        #expect(tracker.rewind() == 0)
        let new = try deliver(range(0, 5), to: &tracker)
        #expect(tracker.answer(old) == nil)
        #expect(tracker.answer(new) == range(0, 5))
    }

    /// Against a plain model: the position is the end of the longest finished prefix.
    @Test(arguments: UInt64(0)..<64)
    func agreesWithAModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tracker = OffsetTracker(partition: 0, position: 0, limit: 8)
        var model:
            [(range: OffsetRange, delivery: OffsetTracker.Delivery, left: Int, failed: Bool)] = []
        var end = 0
        for _ in 0..<500 {
            if random.below(2) == 0 {
                let lower = end + random.below(3)
                let range = range(lower, lower + random.below(5))
                let branches = 1 + random.below(3)
                let isFull = model.drop { $0.left == 0 && !$0.failed }.count >= 8
                let delivery = tracker.deliver(range, branches: branches)
                #expect((delivery == nil) == isFull)
                guard let delivery else { continue }
                model.append((range, delivery, branches, false))
                end = range.upper
            } else if let index = model.indices.randomElement(using: &random) {
                let isFailure = random.below(400) == 0
                _ = tracker.answer(model[index].delivery, isFailure ? .failed : .done)
                guard model[index].left > 0 else { continue }
                model[index].left -= 1
                model[index].failed = model[index].failed || isFailure
            }
            let done = model.prefix { $0.left == 0 && !$0.failed }
            #expect(tracker.position == done.last?.range.upper ?? 0)
        }
    }
}
