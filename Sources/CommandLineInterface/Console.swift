/// Where a command writes: its results to standard output, all else to standard error.
///
/// The two writers are injected, so that a command runs in a test without a process.
public struct Console: Sendable {
    private let writeOutput: @Sendable ([UInt8]) throws(CommandError) -> Void
    private let writeErrors: @Sendable ([UInt8]) -> Void
    /// The width in columns of the terminal that standard error is; `nil` if it is none.
    public let terminalWidth: Int?

    /// A console over two writers of whole lines.
    ///
    /// - Parameters:
    ///   - terminalWidth: In columns; `nil` if standard error is no terminal.
    ///   - writeOutput: Takes results; throws if they could not be written.
    ///   - writeErrors: Takes the rest; has nowhere to say that it failed.
    public init(
        terminalWidth: Int? = nil,
        writeOutput: @escaping @Sendable ([UInt8]) throws(CommandError) -> Void,
        writeErrors: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.terminalWidth = terminalWidth
        self.writeOutput = writeOutput
        self.writeErrors = writeErrors
    }

    /// Writes a line of the result.
    public func output(_ line: String) throws(CommandError) {
        try writeOutput(Array("\(line)\n".utf8))
    }

    /// Writes a part of the result as it is.
    public func output(bytes: [UInt8]) throws(CommandError) {
        try writeOutput(bytes)
    }

    /// Writes a line for people.
    public func errors(_ line: String) {
        writeErrors(Array("\(line)\n".utf8))
    }

    /// Writes text for people as it is, such as a bar that overwrites itself.
    public func errors(text: String) {
        writeErrors(Array(text.utf8))
    }
}
