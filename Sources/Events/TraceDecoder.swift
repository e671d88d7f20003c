import Cryptography

/// Turns the rows of a trace of language-model calls into metering events.
///
/// A row is `TIMESTAMP,ContextTokens,GeneratedTokens`. Its event has resource type `llm_call`, the
/// tokens read and written as quantity and in its metadata, what they cost, the agent
/// `agent-<row mod N>`, the source as producer and the row's number as sequence. Its id is a UUID of
/// version 7: the row's milliseconds, and the first bytes of the SHA-256 of the source, 0, the row's
/// number in decimal, 0 and the row's bytes. Equal rows at equal places give equal events, always.
public struct TraceDecoder: Sendable {
    private static let inputKey = Array("input_tokens".utf8)
    private static let outputKey = Array("output_tokens".utf8)
    private static let resourceType = Array("llm_call".utf8)
    private static let agentPrefix = Array("agent-".utf8)
    private static let hexDigits = Array("0123456789abcdef".utf8)

    private let source: [UInt8]
    private let agents: Int
    private let price: TokenPrice
    /// Room for what is hashed, and then for the texts of one event.
    private var scratch: [UInt8] = []

    /// - Parameters:
    ///   - source: The name of what the rows come from: 1 to 256 bytes.
    ///   - agents: Among how many agents the rows are dealt: 1 or more.
    ///   - pricebook: What tokens cost.
    /// - Throws: ``EventError`` about `source` or `agents`, ``PricebookError`` if the two kinds of
    ///   tokens are not sold for one currency.
    public init(source: String, agents: Int = 16, pricebook: Pricebook = .builtIn) throws {
        try checkSource(source)
        guard agents > 0 else { throw EventError(.overflow, field: "agents") }
        self.source = Array(source.utf8)
        self.agents = agents
        price = try TokenPrice(pricebook)
    }

    /// The fields of a row.
    private struct Fields {
        let time: EventTime
        let input: Range<Int>
        let output: Range<Int>
        let inputTokens: Int64
        let outputTokens: Int64
    }

    /// Appends the canonical bytes of the event of a row.
    ///
    /// - Parameters:
    ///   - row: The row's bytes without its line's end.
    ///   - number: The row's number; the first is 1.
    ///   - out: The arena; on an error it is as it was.
    /// - Returns: Where in the arena the event and its keys are.
    /// - Throws: ``EventError`` with the column and the offset in `row`.
    public mutating func canonicalize(
        _ row: Span<UInt8>,
        number: Int,
        into out: inout [UInt8]
    ) throws(EventError) -> EventKeys {
        let fields = try fields(row)
        let (quantity, isTooLarge) = fields.inputTokens.addingReportingOverflow(fields.outputTokens)
        guard !isTooLarge,
            let cost = price.cost(input: fields.inputTokens, output: fields.outputTokens)
        else { throw EventError(.overflow, field: "GeneratedTokens", at: fields.output.lowerBound) }
        let head = CanonicalHead(
            kind: .metering,
            presence: [.producerID, .sequence],
            timestamp: fields.time.nanoseconds,
            sequence: Int64(number),
            first: quantity,
            second: cost,
            currency: price.currency.code
        )
        let id = identifier(row, number, fields.time)
        scratch.removeAll(keepingCapacity: true)
        append(uuid: id)
        scratch.append(contentsOf: Self.agentPrefix)
        DecimalText.append(UInt64(number % agents), digits: 1, to: &scratch)
        return write(head, fields, row, into: &out)
    }

    private func fields(_ row: Span<UInt8>) throws(EventError) -> Fields {
        var commas: InlineArray<2, Int> = [0, 0]
        var count = 0
        for index in row.indices where row[index] == UInt8(ascii: ",") {
            if count < 2 { commas[count] = index }
            count += 1
        }
        guard count == 2 else { throw EventError(.notARow, at: row.count) }
        let time: EventTime
        do throws(EventError.Problem) {
            time = try EventTime(row, 0..<commas[0])
        } catch {
            throw EventError(error, field: "TIMESTAMP")
        }
        guard time.nanoseconds >= 0 else { throw EventError(.overflow, field: "TIMESTAMP") }
        let input = commas[0] + 1..<commas[1]
        let output = commas[1] + 1..<row.count
        return Fields(
            time: time,
            input: input,
            output: output,
            inputTokens: try tokens(row, input, "ContextTokens"),
            outputTokens: try tokens(row, output, "GeneratedTokens")
        )
    }

    /// A whole number without a sign or leading zeros, so that it is one of JSON too.
    private func tokens(
        _ row: Span<UInt8>,
        _ range: Range<Int>,
        _ column: String
    ) throws(EventError) -> Int64 {
        var value: Int64 = 0
        for index in range {
            let digit = row[index] &- 48
            let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = tenfold.addingReportingOverflow(Int64(digit))
            guard digit < 10 else { throw EventError(.notANumber, field: column, at: index) }
            guard !isTooLarge, !isStillTooLarge else {
                throw EventError(.overflow, field: column, at: range.lowerBound)
            }
            value = sum
        }
        guard range.count == 1 || (range.count > 1 && row[range.lowerBound] != 48) else {
            throw EventError(.notANumber, field: column, at: range.lowerBound)
        }
        return value
    }

    /// The sixteen bytes of the event's id.
    private mutating func identifier(
        _ row: Span<UInt8>,
        _ number: Int,
        _ time: EventTime
    ) -> InlineArray<16, UInt8> {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: source)
        scratch.append(0)
        DecimalText.append(UInt64(number), digits: 1, to: &scratch)
        scratch.append(0)
        scratch.append(addingCapacity: row.count) { (span: inout OutputSpan<UInt8>) in
            span.append(row, 0..<row.count)
        }
        var id: InlineArray<16, UInt8> = InlineArray(repeating: 0)
        let milliseconds = UInt64(time.milliseconds)
        for index in 0..<6 {
            id[index] = UInt8(truncatingIfNeeded: milliseconds >> UInt64(40 - 8 * index))
        }
        SHA256.digest(of: scratch.span).withBytes { digest in
            for index in 0..<10 { id[6 + index] = digest[index] }
        }
        id[6] = 0x70 | id[6] & 0x0f
        id[8] = 0x80 | id[8] & 0x3f
        return id
    }

    private mutating func append(uuid: InlineArray<16, UInt8>) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                scratch.append(UInt8(ascii: "-"))
            }
            scratch.append(Self.hexDigits[Int(uuid[index] >> 4)])
            scratch.append(Self.hexDigits[Int(uuid[index] & 15)])
        }
    }

    /// Appends the event whose id and agent are in the scratch.
    private func write(
        _ head: CanonicalHead,
        _ fields: Fields,
        _ row: Span<UInt8>,
        into out: inout [UInt8]
    ) -> EventKeys {
        let agentCount = scratch.count - 36
        let names = Self.resourceType.count + Self.inputKey.count + Self.outputKey.count
        // Eight lengths and counts, two types.
        let count =
            head.byteCount + 36 + agentCount + source.count + names + fields.input.count
            + fields.output.count + 9 * 2 + 2
        let start = out.count
        out.append(addingCapacity: count) { (span: inout OutputSpan<UInt8>) in
            head.write(to: &span)
            span.append(text: scratch.span, 0..<36)
            span.append(text: scratch.span, 36..<scratch.count)
            span.append(text: source.span, 0..<source.count)
            span.append(text: Self.resourceType.span, 0..<Self.resourceType.count)
            span.append(bigEndian: UInt16(2))
            span.append(text: Self.inputKey.span, 0..<Self.inputKey.count)
            span.append(MetadataTag.number.rawValue)
            span.append(text: row, fields.input)
            span.append(text: Self.outputKey.span, 0..<Self.outputKey.count)
            span.append(MetadataTag.number.rawValue)
            span.append(text: row, fields.output)
        }
        let eventID = start + head.byteCount + 2
        return EventKeys(
            range: ArenaRange(start, count),
            eventID: ArenaRange(eventID, 36),
            agentID: ArenaRange(eventID + 36 + 2, agentCount),
            producerID: ArenaRange(eventID + 36 + 2 + agentCount + 2, source.count),
            sequence: Int(head.sequence),
            kind: .metering
        )
    }
}

/// Whether `source` can be a producer's id.
func checkSource(_ source: String) throws(EventError) {
    if source.isEmpty { throw EventError(.empty, field: "source") }
    guard source.utf8.count <= EventLimits.nameBytes else {
        throw EventError(.tooLong, field: "source")
    }
}
