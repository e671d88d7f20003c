/// Decides what becomes of the work on each partition that a member holds.
///
/// Pure: every event returns what is to be done, in order. A *life* is one run of the work on one
/// partition; a partition never has two at a time.
struct PartitionLives: Sendable {
    enum Action: Equatable, Sendable {
        case start(partition: Int, life: Int)
        /// Ask the life to finish, and send ``deadlinePassed(life:)`` in time.
        case drain(partition: Int, life: Int)
        case cancel(life: Int)
        case release([Int])
        /// Send ``restartDue(partition:)`` after the pause.
        case pause(partition: Int, life: Int, Duration)
        /// Leave the group; nothing runs any more.
        case close
    }

    private enum Phase: Equatable {
        case running
        case draining
        case cancelling
        /// Not running; begins again after a pause.
        case pausing
        /// Not running, and not to begin again.
        case idle
    }

    private struct Life {
        let number: Int
        var phase = Phase.running
        /// Whether the log still counts the partition as this member's.
        var isHeld = true
        var isRevoked = false
        /// Whether it was assigned anew while the old life was still ending.
        var isAssignedAgain = false

        var isActive: Bool { phase != .pausing && phase != .idle }
    }

    private var lives: [Int: Life] = [:]
    private var nextNumber = 0
    private var isEnding = false
    private var isClosed = false

    mutating func changed(_ change: AssignmentChange) -> [Action] {
        switch change {
        case .assigned(let partitions): partitions.flatMap { assigned($0) }
        case .revoked(let partitions): partitions.flatMap { revoked($0) }
        case .lost(let partitions): partitions.flatMap { lost($0) }
        }
    }

    /// The member is asked to end: nothing new begins.
    mutating func drainRequested() -> [Action] {
        isEnding = true
        return drainAll() + closeIfDone()
    }

    /// The log has nothing more to say, so that every partition may already be another's.
    mutating func logEnded() -> [Action] {
        isEnding = true
        return lives.keys.sorted().flatMap { lost($0) } + closeIfDone()
    }

    /// A life has ended; `failure` is what to do if it failed while it should have run.
    mutating func ended(
        partition: Int,
        life: Int,
        failure: PartitionFailureResponse?
    ) -> [Action] {
        guard var old = lives[partition], old.number == life, old.isActive else { return [] }
        let wasRunning = old.phase == .running
        old.phase = .idle
        lives[partition] = old
        isEnding = isEnding || failure == .stopService
        var actions: [Action] = []
        if old.isAssignedAgain {
            actions = begin(partition)
        } else if old.isRevoked || !old.isHeld {
            actions = forget(partition, releasing: old.isRevoked)
        } else if case .restart(let pause) = failure, wasRunning, !isEnding {
            lives[partition]?.phase = .pausing
            actions = [.pause(partition: partition, life: life, pause)]
        }
        if isEnding { actions += drainAll() }
        return actions + closeIfDone()
    }

    /// Whether a life was told to stop without finishing, so that how it ends says nothing.
    func isCancelled(partition: Int, life: Int) -> Bool {
        lives[partition]?.number == life && lives[partition]?.phase == .cancelling
    }

    /// A life that was asked to finish has had its time.
    mutating func deadlinePassed(partition: Int, life: Int) -> [Action] {
        guard lives[partition]?.number == life, lives[partition]?.phase == .draining else {
            return []
        }
        lives[partition]?.phase = .cancelling
        return [.cancel(life: life)]
    }

    /// The pause after a failure is over.
    mutating func restartDue(partition: Int, life: Int) -> [Action] {
        guard lives[partition]?.number == life, lives[partition]?.phase == .pausing else {
            return []
        }
        return begin(partition)
    }

    private mutating func assigned(_ partition: Int) -> [Action] {
        guard let life = lives[partition] else { return begin(partition) }
        guard life.isActive else { return [] }
        if !life.isHeld || life.isRevoked {
            lives[partition]?.isHeld = true
            lives[partition]?.isRevoked = false
            lives[partition]?.isAssignedAgain = true
        }
        return []
    }

    private mutating func revoked(_ partition: Int) -> [Action] {
        guard let life = lives[partition], life.isActive else {
            return forget(partition, releasing: true)
        }
        lives[partition]?.isRevoked = true
        lives[partition]?.isAssignedAgain = false
        return drain(partition)
    }

    private mutating func lost(_ partition: Int) -> [Action] {
        guard let life = lives[partition], life.isActive else {
            return forget(partition, releasing: false)
        }
        lives[partition]?.isHeld = false
        lives[partition]?.isRevoked = false
        lives[partition]?.isAssignedAgain = false
        guard life.phase != .cancelling else { return [] }
        lives[partition]?.phase = .cancelling
        return [.cancel(life: life.number)]
    }

    private mutating func begin(_ partition: Int) -> [Action] {
        defer { nextNumber += 1 }
        lives[partition] = Life(number: nextNumber)
        guard !isEnding else {
            lives[partition]?.phase = .idle
            return []
        }
        return [.start(partition: partition, life: nextNumber)]
    }

    private mutating func drain(_ partition: Int) -> [Action] {
        guard let life = lives[partition], life.phase == .running else { return [] }
        lives[partition]?.phase = .draining
        return [.drain(partition: partition, life: life.number)]
    }

    private mutating func drainAll() -> [Action] {
        lives.keys.sorted().flatMap { drain($0) }
    }

    private mutating func forget(_ partition: Int, releasing: Bool) -> [Action] {
        lives[partition] = nil
        return releasing ? [.release([partition])] : []
    }

    private mutating func closeIfDone() -> [Action] {
        guard isEnding, !isClosed, !lives.values.contains(where: \.isActive) else { return [] }
        isClosed = true
        return [.close]
    }
}
