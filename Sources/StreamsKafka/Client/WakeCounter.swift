private import CLinux
import Glibc

/// An event counter of the kernel that a thread sleeps on until others, librdkafka too, wake it.
final class WakeCounter: Sendable {
    /// Where librdkafka writes 8 bytes when its queue is no longer empty.
    let descriptor: Int32

    init() throws(KafkaError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        if descriptor < 0 { throw .own("make an event counter", "errno \(errno)") }
    }

    deinit { close(descriptor) }

    func wake() {
        eventfd_write(descriptor, 1)
    }

    /// Sleeps until it is woken, or has been since the last sleep, or the time is over.
    ///
    /// - Returns: Whether it was woken.
    @discardableResult
    func sleep(milliseconds: Int32) -> Bool {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let isWoken = unsafe poll(&wait, 1, milliseconds) > 0
        var count: eventfd_t = 0
        unsafe _ = eventfd_read(descriptor, &count)
        return isWoken
    }
}
