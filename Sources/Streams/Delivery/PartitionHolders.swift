/// Which member of a group holds which partition of a log, and what the members are to be told.
///
/// Pure: every event returns the changes for the members, in order.
package struct PartitionHolders: Sendable {
    /// What one member is told.
    package struct Notice: Equatable, Sendable {
        package let member: Int
        package let change: AssignmentChange
    }

    private struct Holding {
        var holder: Int?
        var isRevoked = false
        /// Who gets the partition once it is free, in order.
        var heirs: [Int] = []
        /// Counts the holders so far.
        var tenure = 0
    }

    private var holdings: [Holding]
    private var members: Set<Int> = []
    private var nextMember = 0

    package init(partitions: Int) {
        holdings = Array(repeating: Holding(), count: partitions)
    }

    package mutating func join() -> Int {
        defer { nextMember += 1 }
        members.insert(nextMember)
        return nextMember
    }

    package func holds(_ member: Int, _ partition: Int) -> Bool {
        holdings.indices.contains(partition) && holdings[partition].holder == member
    }

    /// Who holds `partition`.
    package func holder(of partition: Int) -> Int? { holdings[partition].holder }

    /// Which holder of `partition` the present one is, counted from 1.
    package func tenure(of partition: Int) -> Int { holdings[partition].tenure }

    /// Whether the holder of `partition` has been asked to release it.
    package func isRevoked(_ partition: Int) -> Bool { holdings[partition].isRevoked }

    /// Gives free partitions to `member` at once, the others when their holders have let go.
    package mutating func assign(_ partitions: [Int], to member: Int) -> [Notice] {
        guard members.contains(member) else { return [] }
        var now: [Int] = []
        for partition in partitions where holdings[partition].holder != member {
            if holdings[partition].holder == nil {
                holdings[partition].holder = member
                holdings[partition].tenure += 1
                now.append(partition)
            } else {
                holdings[partition].heirs.append(member)
            }
        }
        return now.isEmpty ? [] : [Notice(member: member, change: .assigned(now))]
    }

    /// Gives `partition` to its holder anew, once that one has let it go.
    package mutating func reassign(_ partition: Int) {
        if let holder = holdings[partition].holder { holdings[partition].heirs.append(holder) }
    }

    /// Asks `member` to release those of `partitions` that it holds.
    package mutating func revoke(_ partitions: [Int], from member: Int) -> [Notice] {
        let asked = partitions.filter { holds(member, $0) && !holdings[$0].isRevoked }
        for partition in asked { holdings[partition].isRevoked = true }
        return asked.isEmpty ? [] : [Notice(member: member, change: .revoked(asked))]
    }

    /// Takes those of `partitions` that `member` holds away from it.
    package mutating func lose(_ partitions: [Int], from member: Int) -> [Notice] {
        let taken = partitions.filter { holds(member, $0) }
        if taken.isEmpty { return [] }
        return [Notice(member: member, change: .lost(taken))] + free(taken)
    }

    /// Takes everything away from `member`, and from what was to come to it.
    package mutating func expel(_ member: Int) -> [Notice] {
        for partition in holdings.indices { holdings[partition].heirs.removeAll { $0 == member } }
        return lose(Array(holdings.indices), from: member)
    }

    /// Takes back what `member` gives up, whether or not it was asked to.
    package mutating func release(_ partitions: [Int], by member: Int) -> [Notice] {
        free(partitions.filter { holds(member, $0) })
    }

    /// Takes everything from `member`, and forgets it.
    package mutating func leave(_ member: Int) -> [Notice] {
        members.remove(member)
        for partition in holdings.indices { holdings[partition].heirs.removeAll { $0 == member } }
        return free(holdings.indices.filter { holdings[$0].holder == member })
    }

    private mutating func free(_ partitions: [Int]) -> [Notice] {
        var notices: [Notice] = []
        for partition in partitions {
            let heirs = holdings[partition].heirs
            let tenure = holdings[partition].tenure
            holdings[partition] = Holding(heirs: Array(heirs.dropFirst()), tenure: tenure)
            if let heir = heirs.first { notices += assign([partition], to: heir) }
        }
        return notices
    }
}
