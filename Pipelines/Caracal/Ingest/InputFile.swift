import CommandLineInterface
import Glibc

/// The file, or standard input, that rows come from.
///
/// Every call blocks. A wait for a pipe ends when the process is asked to end.
struct InputFile: ~Copyable {
    /// What a read found.
    enum Answer: Equatable {
        case bytes(Int)
        case end
        /// The process was asked to end while there was nothing to read.
        case interrupted
    }

    /// How messages call it.
    let name: String
    /// In bytes, if it is a file on a disk.
    let size: Int?
    private let descriptor: Int32
    private let wakeDescriptor: Int32

    /// Opens the file at `path`; `-` is standard input.
    ///
    /// - Throws: ``CommandError`` with ``ExitCode/noInput`` if there is no file to read.
    init(_ path: String, wakeDescriptor: Int32) throws(CommandError) {
        self.wakeDescriptor = wakeDescriptor
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? dup(STDIN_FILENO) : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            size = nil
            let code = errno
            let reason = unsafe String(cString: strerror(code))
            throw CommandError(
                "\(name): \(reason)",
                exitCode: code == EACCES || code == EPERM ? .notPermitted : .noInput
            )
        }
        var status = stat()
        let isKnown = unsafe fstat(descriptor, &status) == 0
        let kind = isKnown ? status.st_mode & S_IFMT : 0
        size = kind == S_IFREG ? Int(status.st_size) : nil
        if kind == S_IFDIR {
            close(descriptor)
            throw CommandError("\(name): is a folder, not a file", exitCode: .noInput)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends what is there to `bytes`, at most `limit` bytes, waiting for the first.
    func read(_ limit: Int, into bytes: inout [UInt8]) throws(CommandError) -> Answer {
        if size == nil, !waitsForBytes() { return .interrupted }
        var code: Int32 = 0
        let before = bytes.count
        bytes.append(addingCapacity: limit) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                repeat {
                    let got = unsafe Glibc.read(descriptor, buffer.baseAddress, limit)
                    code = got < 0 ? errno : 0
                    count = max(0, got)
                } while code == EINTR
            }
        }
        if code != 0 {
            let reason = unsafe String(cString: strerror(code))
            throw CommandError("\(name): \(reason)", exitCode: .ioError)
        }
        return bytes.count == before ? .end : .bytes(bytes.count - before)
    }

    /// Whether there is something to read, or the end, before the process is asked to end.
    private func waitsForBytes() -> Bool {
        var entries = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let answer = unsafe poll(&entries, 2, -1)
            if answer < 0, errno == EINTR { continue }
            if answer < 0 || entries[0].revents != 0 { return true }
            if entries[1].revents != 0 { return false }
        }
    }
}
