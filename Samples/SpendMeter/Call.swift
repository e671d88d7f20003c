import Streams

/// Why a line is no call.
enum BadLine: Error, Equatable {
    /// It has not the three columns of a trace.
    case columns
    /// A count of tokens is no whole number of at most seven digits.
    case tokens
}

/// One call of a language model, and what it cost.
struct Call: Equatable, Sendable {
    static let agents: UInt32 = 5

    /// The trace does not say who called: we deal its rows to five agents in turn.
    let agent: UInt32
    let row: Int
    /// Money is whole numbers: millionths of a dollar.
    let cost: Int

    init(agent: UInt32, row: Int, cost: Int) {
        self.agent = agent
        self.row = row
        self.cost = cost
    }

    /// Reads `TIMESTAMP,ContextTokens,GeneratedTokens`.
    ///
    /// The error type is part of the signature, and becomes part of the flow's type: until somebody
    /// says what happens to a `BadLine`, the flow cannot reach a sink.
    init(_ line: Line, _ bytes: Span<UInt8>) throws(BadLine) {
        var tokens = [0, 0]
        var column = 0
        var digits = 0
        for index in line.range {
            let byte = bytes[index]
            if byte == UInt8(ascii: ",") {
                if column == 2 { throw .columns }
                if column == 1 && digits == 0 { throw .tokens }
                column += 1
                digits = 0
            } else if column > 0 {
                // Checked before arithmetic: seven digits cannot overflow anything.
                guard (48...57).contains(byte), digits < 7 else { throw .tokens }
                tokens[column - 1] = tokens[column - 1] * 10 + Int(byte - 48)
                digits += 1
            }
        }
        guard column == 2 else { throw .columns }
        guard digits > 0 else { throw .tokens }
        // 3 dollars a million tokens read, 15 a million written.
        self.init(
            agent: UInt32(line.row % Int(Self.agents)),
            row: line.row,
            cost: tokens[0] * 3 + tokens[1] * 15
        )
    }
}
