import Glibc

/// A file descriptor that closes when nobody holds it any more.
final class Descriptor: Sendable {
    let number: Int32

    /// - Parameter number: From a call that has succeeded.
    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}
