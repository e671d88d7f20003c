/// What is due at instants to come, earliest first; a seeded draw decides between equal ones.
struct TimerHeap<Action> {
    struct Timer {
        let due: Int64
        let tie: UInt64
        let number: Int
        let action: Action

        fileprivate func isBefore(_ other: Timer) -> Bool {
            (due, tie, number) < (other.due, other.tie, other.number)
        }
    }

    private var timers: [Timer] = []
    private var nextNumber = 0

    var first: Timer? { timers.first }

    mutating func insert(due: Int64, tie: UInt64, _ action: Action) {
        timers.append(Timer(due: due, tie: tie, number: nextNumber, action: action))
        nextNumber += 1
        var child = timers.count - 1
        while child > 0, timers[child].isBefore(timers[(child - 1) / 2]) {
            timers.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> Timer? {
        guard let last = timers.popLast() else { return nil }
        guard let top = timers.first else { return last }
        timers[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in 2 * parent + 1...2 * parent + 2
            where child < timers.count && timers[child].isBefore(timers[least]) {
                least = child
            }
            if least == parent { return top }
            timers.swapAt(parent, least)
            parent = least
        }
    }

    mutating func removeAll() {
        timers.removeAll()
    }
}
