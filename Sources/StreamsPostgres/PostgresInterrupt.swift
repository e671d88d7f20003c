private import CLinux
private import Glibc

/// Ends whatever a session waits for, from any thread: the session's connection is discarded.
public final class PostgresInterrupt: Sendable {
    /// Readable once it has been fired; -1 if the system had none to give.
    let descriptor: Int32

    public init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Interrupts the wait at hand, or else the next one.
    public func fire() {
        if descriptor >= 0 { eventfd_write(descriptor, 1) }
    }

    /// Forgets that it was fired.
    package func reset() {
        var count: eventfd_t = 0
        if descriptor >= 0 { unsafe eventfd_read(descriptor, &count) }
    }
}
