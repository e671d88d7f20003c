private import CLinux
import Glibc

/// Waits for many descriptors at once.
///
/// Level-triggered: what was not done is reported again, so that a turn may do a bounded part.
struct Poller: Sendable {
    /// What is waited for.
    struct Interest: OptionSet {
        let rawValue: UInt32

        static let read = Self(rawValue: 1)
        static let write = Self(rawValue: 2)
    }

    struct Event {
        let token: UInt64
        let isReadable: Bool
        let isWritable: Bool
        /// Broken, or closed by both sides.
        let isOver: Bool
    }

    private let descriptor: Descriptor

    init() throws(HTTPServerError) {
        let number = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard number >= 0 else { throw .system(call: "epoll_create1", code: errno) }
        descriptor = Descriptor(number)
    }

    /// - Parameters:
    ///   - number: The descriptor; closing it removes it.
    ///   - token: Comes back with its events.
    ///   - interest: What to report besides its end.
    /// - Returns: False if the system has no room.
    func add(_ number: Int32, token: UInt64, _ interest: Interest) -> Bool {
        control(EPOLL_CTL_ADD, number, token, interest)
    }

    func change(_ number: Int32, token: UInt64, _ interest: Interest) -> Bool {
        control(EPOLL_CTL_MOD, number, token, interest)
    }

    private func control(
        _ operation: Int32,
        _ number: Int32,
        _ token: UInt64,
        _ interest: Interest
    ) -> Bool {
        var event = unsafe epoll_event()
        let read = interest.contains(.read) ? EPOLLIN.rawValue : 0
        let write = interest.contains(.write) ? EPOLLOUT.rawValue : 0
        unsafe event.events = read | write
        unsafe event.data.u64 = token
        return unsafe epoll_ctl(descriptor.number, operation, number, &event) == 0
    }

    /// Waits until something happens or `timeout` has passed, rounded up to a millisecond.
    ///
    /// - Parameter timeout: `nil` waits for ever.
    /// - Returns: What happened, at most 128 events; empty after a signal.
    func wait(_ timeout: Duration?) -> [Event] {
        let milliseconds = timeout.map(milliseconds) ?? -1
        return unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 128) { room in
            let count = unsafe epoll_wait(
                descriptor.number,
                room.baseAddress,
                Int32(room.count),
                milliseconds
            )
            return unsafe room.prefix(max(0, Int(count))).map { unsafe Event($0) }
        }
    }
}

extension Poller.Event {
    fileprivate init(_ event: epoll_event) {
        let over = EPOLLERR.rawValue | EPOLLHUP.rawValue
        unsafe self.init(
            token: event.data.u64,
            isReadable: event.events & EPOLLIN.rawValue != 0,
            isWritable: event.events & EPOLLOUT.rawValue != 0,
            isOver: event.events & over != 0
        )
    }
}

/// Rounded up, so that a deadline has passed when the wait ends.
private func milliseconds(_ duration: Duration) -> Int32 {
    guard duration > .zero else { return 0 }
    guard duration < .seconds(3_600) else { return 3_600_000 }
    let (seconds, attoseconds) = duration.components
    return Int32(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
}
