/// The formats of files of events.
public enum InputFormat: String, CaseIterable, Sendable {
    /// CSV with the header `TIMESTAMP,ContextTokens,GeneratedTokens`.
    case llmTrace = "llm-trace"
    /// One JSON object a line.
    case ndjson = "ndjson"

    /// The first line of a trace.
    static let traceHeader = "TIMESTAMP,ContextTokens,GeneratedTokens"

    /// What a file whose first line is `line` looks like, or `nil` for nothing that we know.
    static func detect(_ line: Span<UInt8>) -> InputFormat? {
        if isTraceHeader(line) { return .llmTrace }
        for index in line.indices where line[index] != 0x20 && line[index] != 0x09 {
            return line[index] == UInt8(ascii: "{") ? .ndjson : nil
        }
        return nil
    }

    static func isTraceHeader(_ line: Span<UInt8>) -> Bool {
        line.count == traceHeader.utf8.count && line.text(0..<line.count) == traceHeader
    }
}

/// Why a file is no file of events as a whole.
public enum InputError: Error, Hashable, Sendable {
    /// It has no line, or blank ones only.
    case empty
    /// Its first line is neither a trace's header nor a JSON object.
    case unrecognised
    /// It was said to be a trace, and its first line is not the header of one.
    case missingHeader
}

extension InputError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "the file is empty"
        case .unrecognised:
            "the file is neither llm-trace (its first line would be "
                + "\(InputFormat.traceHeader)) nor ndjson (one JSON object a line)"
        case .missingHeader: "the first line of an llm-trace is \(InputFormat.traceHeader)"
        }
    }
}
