private import CLinux
import Glibc
import Synchronization

/// Ends a loop's wait from another thread.
final class WakeUp: Sendable {
    let descriptor: Descriptor
    private let stops = Atomic<Bool>(false)

    init() throws(HTTPServerError) {
        let number = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard number >= 0 else { throw .system(call: "eventfd", code: errno) }
        descriptor = Descriptor(number)
    }

    /// Whether the loop is to end.
    var isStopping: Bool { stops.load(ordering: .acquiring) }

    func stop() {
        stops.store(true, ordering: .releasing)
        eventfd_write(descriptor.number, 1)
    }
}
