/// What the process tells its caller; from 64 up, the numbers of BSD's `sysexits.h`.
public enum ExitCode: Int32, CaseIterable, Sendable {
    case success = 0
    /// The command did its work, and the answer is no.
    case negative = 1
    /// The command line makes no sense.
    case usage = 64
    /// What was read is not what it should be.
    case badData = 65
    /// There is no such file, folder, id or index.
    case noInput = 66
    /// A server is not there.
    case unavailable = 69
    /// A file or folder cannot be made.
    case cannotCreate = 73
    /// A file cannot be written or read: the disk is full, read-only or broken.
    case ioError = 74
    /// Another process holds the lock, or the work was cut short: the same command again goes on.
    case tryAgain = 75
    /// The key is missing or another, or the system does not permit it.
    case notPermitted = 77
    /// A setting is malformed, out of range or unknown.
    case badSettings = 78
    /// A second signal ended the process at once.
    case terminated = 143
}
