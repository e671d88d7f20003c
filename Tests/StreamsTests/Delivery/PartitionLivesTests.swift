@testable import Streams
import StreamsTesting
import Testing

@Suite struct PartitionLivesTests {
    private var lives = PartitionLives()

    @Test mutating func startsWhatIsAssigned() {
        #expect(
            lives.changed(.assigned([2, 0])) == [
                .start(partition: 2, life: 0), .start(partition: 0, life: 1),
            ]
        )
        #expect(lives.changed(.assigned([2])) == [])
    }

    @Test mutating func releasesOnlyWhatHasEnded() {
        _ = lives.changed(.assigned([0]))
        #expect(lives.changed(.revoked([0])) == [.drain(partition: 0, life: 0)])
        #expect(lives.ended(partition: 0, life: 0, failure: nil) == [.release([0])])
    }

    @Test mutating func cancelsAtTheDeadlineAndThenReleases() {
        _ = lives.changed(.assigned([0]))
        _ = lives.changed(.revoked([0]))
        #expect(lives.deadlinePassed(partition: 0, life: 0) == [.cancel(life: 0)])
        #expect(lives.deadlinePassed(partition: 0, life: 0) == [])
        #expect(lives.ended(partition: 0, life: 0, failure: nil) == [.release([0])])
    }

    @Test mutating func aDeadlineOfAnEarlierLifeIsIgnored() {
        _ = lives.changed(.assigned([0]))
        _ = lives.changed(.revoked([0]))
        _ = lives.ended(partition: 0, life: 0, failure: nil)
        #expect(lives.changed(.assigned([0])) == [.start(partition: 0, life: 1)])
        _ = lives.changed(.revoked([0]))
        #expect(lives.deadlinePassed(partition: 0, life: 0) == [])
        #expect(lives.deadlinePassed(partition: 0, life: 1) == [.cancel(life: 1)])
    }

    @Test mutating func neverReleasesWhatIsLost() {
        _ = lives.changed(.assigned([0]))
        #expect(lives.changed(.lost([0])) == [.cancel(life: 0)])
        #expect(lives.ended(partition: 0, life: 0, failure: nil) == [])
    }

    @Test mutating func lossOverridesRevocation() {
        _ = lives.changed(.assigned([0]))
        _ = lives.changed(.revoked([0]))
        #expect(lives.changed(.lost([0])) == [.cancel(life: 0)])
        #expect(lives.ended(partition: 0, life: 0, failure: nil) == [])
    }

    @Test mutating func aPartitionAssignedAnewWaitsForItsOldLife() {
        _ = lives.changed(.assigned([0]))
        _ = lives.changed(.lost([0]))
        #expect(lives.changed(.assigned([0])) == [])
        #expect(
            lives.ended(partition: 0, life: 0, failure: nil) == [.start(partition: 0, life: 1)]
        )
    }

    @Test mutating func aFailureStopsTheServiceAfterDrainingTheOthers() {
        _ = lives.changed(.assigned([0, 1]))
        #expect(
            lives.ended(partition: 0, life: 0, failure: .stopService) == [
                .drain(partition: 1, life: 1)
            ]
        )
        #expect(lives.ended(partition: 1, life: 1, failure: nil) == [.close])
    }

    @Test mutating func aStoppedPartitionStaysHeldUntilItIsRevoked() {
        _ = lives.changed(.assigned([0, 1]))
        #expect(lives.ended(partition: 0, life: 0, failure: .stopPartition) == [])
        #expect(lives.changed(.revoked([0])) == [.release([0])])
    }

    @Test mutating func restartsAfterAPause() {
        _ = lives.changed(.assigned([0]))
        #expect(
            lives.ended(partition: 0, life: 0, failure: .restart(after: .seconds(1))) == [
                .pause(partition: 0, life: 0, .seconds(1))
            ]
        )
        #expect(lives.restartDue(partition: 0, life: 0) == [.start(partition: 0, life: 1)])
        #expect(lives.restartDue(partition: 0, life: 0) == [])
    }

    @Test mutating func aPartitionThatPausesIsReleasedAtOnce() {
        _ = lives.changed(.assigned([0]))
        _ = lives.ended(partition: 0, life: 0, failure: .restart(after: .seconds(1)))
        #expect(lives.changed(.revoked([0])) == [.release([0])])
        #expect(lives.restartDue(partition: 0, life: 0) == [])
    }

    @Test mutating func drainsEverythingAndStartsNothingMore() {
        _ = lives.changed(.assigned([1, 0]))
        #expect(
            lives.drainRequested() == [
                .drain(partition: 0, life: 1), .drain(partition: 1, life: 0),
            ]
        )
        #expect(lives.changed(.assigned([2])) == [])
        #expect(lives.ended(partition: 0, life: 1, failure: nil) == [])
        #expect(lives.ended(partition: 1, life: 0, failure: nil) == [.close])
    }

    @Test mutating func closesAtOnceIfNothingRuns() {
        #expect(lives.drainRequested() == [.close])
        #expect(lives.drainRequested() == [])
    }

    @Test mutating func cancelsEverythingWhenTheLogEnds() {
        _ = lives.changed(.assigned([0]))
        #expect(lives.logEnded() == [.cancel(life: 0)])
        #expect(lives.ended(partition: 0, life: 0, failure: nil) == [.close])
    }

    /// Whatever happens in whatever order: one life a partition, a release only of what does not
    /// run, none of what was lost, and an end after a drain.
    @Test(arguments: UInt64(0)..<200)
    mutating func keepsItsPromises(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var running: [Int: Int] = [:]
        var held: Set<Int> = []
        var revoked: Set<Int> = []
        var isClosed = false
        func take(_ actions: [PartitionLives.Action]) {
            for action in actions {
                switch action {
                case .start(let partition, let life):
                    #expect(running[partition] == nil)
                    running[partition] = life
                case .release(let partitions):
                    for partition in partitions {
                        #expect(running[partition] == nil)
                        #expect(revoked.remove(partition) != nil)
                        held.remove(partition)
                    }
                case .drain(let partition, let life): #expect(running[partition] == life)
                case .cancel(let life): #expect(running.values.contains(life))
                case .pause(let partition, _, _): #expect(running[partition] == nil)
                case .close:
                    #expect(running.isEmpty && !isClosed)
                    isClosed = true
                }
            }
        }
        for step in 0..<300 {
            let partition = random.below(3)
            switch random.below(7) {
            case 0 where !held.contains(partition):
                held.insert(partition)
                take(lives.changed(.assigned([partition])))
            case 1 where held.contains(partition) && !revoked.contains(partition):
                revoked.insert(partition)
                take(lives.changed(.revoked([partition])))
            case 2 where held.contains(partition):
                held.remove(partition)
                revoked.remove(partition)
                take(lives.changed(.lost([partition])))
            case 3, 4:
                guard let life = running.removeValue(forKey: partition) else { continue }
                let failure: PartitionFailureResponse? =
                    [nil, .stopPartition, .restart(after: .zero)][random.below(3)]
                take(lives.ended(partition: partition, life: life, failure: failure))
            case 5: take(lives.restartDue(partition: partition, life: random.below(step + 1)))
            default: take(lives.deadlinePassed(partition: partition, life: running[partition] ?? 0))
            }
        }
        take(lives.drainRequested())
        for (partition, life) in running.sorted(by: { $0.key < $1.key }) {
            running[partition] = nil
            take(lives.ended(partition: partition, life: life, failure: nil))
        }
        #expect(isClosed)
    }
}
