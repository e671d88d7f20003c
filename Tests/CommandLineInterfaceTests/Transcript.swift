import CommandLineInterface
import Synchronization

/// What a command printed.
final class Transcript: Sendable {
    private let bytes = Mutex<(output: [UInt8], errors: [UInt8])>(([], []))

    var output: String { bytes.withLock { text($0.output) } }
    var errors: String { bytes.withLock { text($0.errors) } }

    var console: Console {
        Console(
            writeOutput: { bytes in self.bytes.withLock { $0.output += bytes } },
            writeErrors: { bytes in self.bytes.withLock { $0.errors += bytes } }
        )
    }

    /// Without the last line's end.
    private func text(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
