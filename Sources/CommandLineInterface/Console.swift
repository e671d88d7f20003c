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

    /// Writes a line of the result, with ``String/withoutControls``.
    public func output(_ line: String) throws(CommandError) {
        try writeOutput(Array("\(line.withoutControls)\n".utf8))
    }

    /// Writes a part of the result as it is.
    public func output(bytes: [UInt8]) throws(CommandError) {
        try writeOutput(bytes)
    }

    /// Writes a line for people, with ``String/withoutControls``.
    public func errors(_ line: String) {
        writeErrors(Array("\(line.withoutControls)\n".utf8))
    }

    /// Writes text for people as it is, such as a bar that overwrites itself.
    public func errors(text: String) {
        writeErrors(Array(text.utf8))
    }
}

extension String {
    /// The text with `\u001b` in the place of a control character, and so for all of them but the
    /// line feed and the tab.
    ///
    /// What a line quotes may come from anywhere, and a terminal would obey it. JSON means the same
    /// before and after.
    public var withoutControls: String { escapingControls(but: ["\n", "\t"]) }

    /// The same with line feeds escaped, too: what is quoted can begin no line of its own.
    public var onOneLine: String { escapingControls(but: ["\t"]) }

    private func escapingControls(but kept: [Unicode.Scalar]) -> String {
        // Byte 0xC2 begins the control characters above ASCII.
        if utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != 0xc2 }) { return self }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.properties.generalCategory == .control, !kept.contains(scalar) {
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
