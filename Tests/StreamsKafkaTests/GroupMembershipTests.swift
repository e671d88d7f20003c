import Streams
import Testing

@testable import StreamsKafka

@Suite struct GroupMembershipTests {
    private func member(holding partitions: [Int]) -> GroupMembership {
        var member = GroupMembership()
        member.assign(partitions)
        expectChange(&member, .assigned(partitions))
        return member
    }

    private func expectChange(
        _ member: inout GroupMembership,
        _ expected: AssignmentChange?,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let change = member.nextChange()
        #expect(change == expected, sourceLocation: location)
    }

    private func expectRelease(
        _ member: inout GroupMembership,
        _ partitions: [Int],
        _ expected: (released: [Int], givenUp: [Int]),
        _ location: SourceLocation = #_sourceLocation
    ) {
        let result = member.release(partitions)
        #expect(result.released == expected.released, sourceLocation: location)
        #expect(result.givenUp == expected.givenUp, sourceLocation: location)
    }

    @Test func partitionsAreGivenUpWhenTheLastOneIsReleased() {
        var member = member(holding: [0, 1, 2])
        let isNothing = member.revoke([1, 0])
        #expect(!isNothing)
        expectChange(&member, .revoked([0, 1]))
        #expect(member.held == [0, 1, 2])
        expectRelease(&member, [1], ([1], []))
        #expect(member.held == [0, 2])
        expectRelease(&member, [0], ([0], [0, 1]))
        #expect(member.held == [2])
        #expect(!member.isRevoking)
    }

    @Test func whatIsNotHeldNeedsNoRelease() {
        var member = member(holding: [0])
        for partitions in [[], [5]] {
            let isNothing = member.revoke(partitions)
            #expect(isNothing)
        }
        expectChange(&member, nil)
    }

    @Test func lostPartitionsAreGoneAtOnceAlsoWhileTheyDrain() {
        var member = member(holding: [0, 1])
        _ = member.revoke([0, 1])
        _ = member.nextChange()
        member.lose([0, 1])
        expectChange(&member, .lost([0, 1]))
        #expect(member.held.isEmpty)
        #expect(!member.isRevoking)
        expectRelease(&member, [0, 1], ([], []))
    }

    @Test func aReleaseThatComesLateLeavesANewAssignmentAlone() {
        var member = member(holding: [0])
        _ = member.revoke([0])
        member.lose([0])
        member.assign([0])
        expectRelease(&member, [0], ([], []))
        #expect(member.held == [0])
    }

    @Test func onlyTheFirstDayStopsForWrongPasswords() {
        let refusal = KafkaError(
            code: -169,
            name: "_AUTHENTICATION",
            operation: "run",
            reason: "no"
        )
        let fatal = KafkaError(
            code: 82,
            name: "FENCED_INSTANCE_ID",
            operation: "run",
            reason: "no",
            isFatal: true
        )
        let down = KafkaError(code: -195, name: "_TRANSPORT", operation: "run", reason: "no")
        let handshake = KafkaError(
            code: -181,
            name: "_SSL",
            operation: "run",
            reason: "certificate verify failed"
        )
        var member = GroupMembership()
        #expect([refusal, fatal, down, handshake].map(member.stops) == [true, true, false, true])
        member.assign([0])
        #expect(
            [refusal, fatal, down, handshake].map(member.stops) == [false, true, false, false]
        )
    }

    @Test func aClosedMemberHoldsNothing() {
        var member = member(holding: [0])
        _ = member.revoke([0])
        member.close()
        #expect(!member.isOpen && member.held.isEmpty)
        expectChange(&member, nil)
    }
}
