/// Why a command ended without doing its work: a message for people, a code for scripts.
public struct CommandError: Error, Equatable, Sendable, CustomStringConvertible {
    public let message: String
    public let exitCode: ExitCode

    public init(_ message: String, exitCode: ExitCode) {
        self.message = message
        self.exitCode = exitCode
    }

    /// The command line makes no sense.
    public static func usage(_ message: String) -> Self {
        Self(message, exitCode: .usage)
    }

    public var description: String { "\(message) (exit code \(exitCode.rawValue))" }
}
