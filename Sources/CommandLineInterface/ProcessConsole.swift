private import Glibc

extension Console {
    /// The process's standard output and standard error, written at once, without a buffer.
    public static func process() -> Self {
        Self(
            terminalWidth: columns(of: STDERR_FILENO),
            writeOutput: { bytes throws(CommandError) in
                if let reason = writeAll(bytes, to: STDOUT_FILENO) {
                    throw CommandError("standard output: \(reason)", exitCode: .ioError)
                }
            },
            // What cannot be said on standard error cannot be said at all.
            writeErrors: { bytes in _ = writeAll(bytes, to: STDERR_FILENO) }
        )
    }
}

extension Command {
    /// Runs the command line of the process and ends the process with what it returns.
    public func runAndExit() async -> Never {
        let words = Array(CommandLine.arguments.dropFirst())
        exit(await run(words, console: .process()).rawValue)
    }
}

/// Writes all of `bytes`; returns the system's reason if that was not possible.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> String? {
    unsafe bytes.withUnsafeBytes { buffer in
        var rest = unsafe buffer[...]
        while unsafe !rest.isEmpty {
            let written = unsafe write(
                descriptor,
                UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                rest.count
            )
            if written >= 0 {
                unsafe rest = rest.dropFirst(written)
            } else if errno != EINTR && errno != EAGAIN {
                return unsafe String(cString: strerror(errno))
            }
        }
        return nil
    }
}

/// The width in columns, 80 if the terminal does not tell; `nil` if it is no terminal.
private func columns(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    let answer = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
    return answer == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
}
