import Events
import Testing

@Suite struct TraceDecoderTests {
    private func decode(
        _ row: String,
        number: Int = 1,
        source: String = "AzureLLMInferenceTrace_conv.csv",
        agents: Int = 16,
        pricebook: Pricebook = .builtIn
    ) throws -> Event {
        var decoder = try TraceDecoder(source: source, agents: agents, pricebook: pricebook)
        let bytes = Array(row.utf8)
        var arena: [UInt8] = [9]
        let keys = try decoder.canonicalize(bytes.span, number: number, into: &arena)
        let canonical = Array(arena[keys.range.range])
        #expect(keys.range.range == 1..<arena.count)
        let event = try Event(canonical: canonical.span)
        func text(_ range: ArenaRange) -> String {
            String(decoding: arena[range.range], as: UTF8.self)
        }
        #expect(text(keys.eventID) == event.id)
        #expect(text(keys.agentID) == event.agent)
        #expect(text(keys.producerID) == event.producer)
        #expect(keys.sequence == event.sequence)
        #expect(event.canonicalBytes == canonical)
        return event
    }

    /// Rows of the real trace; the ids were computed by another program.
    @Test(
        arguments: [
            (
                1, "2023-11-16 18:15:46.6805900,374,44", "018bd958-a2f8-74f4-9713-5053c9c96f9f",
                1_700_158_546_680_590_000, 1_782_000
            ),
            (
                2, "2023-11-16 18:15:50.9951690,396,109", "018bd958-b3d3-7445-8103-2e9aa2be35b7",
                1_700_158_550_995_169_000, 2_823_000
            ),
            (
                16, "2023-11-16 18:15:57.8385010,415,106", "018bd958-ce8e-7f41-ad61-5be0c0270141",
                1_700_158_557_838_501_000, 2_835_000
            ),
            (
                17, "2023-11-16 18:15:58.1114940,120,12", "018bd958-cf9f-7385-b0a7-c302cc47cbc0",
                1_700_158_558_111_494_000, 540_000
            ),
            (
                19_366, "2023-11-16 19:14:08.4025270,197,183",
                "018bd98e-1192-7e22-83b4-8bd6f7dd4b3f",
                1_700_162_048_402_527_000, 3_336_000
            ),
        ] as [(Int, String, String, Int64, Int64)]
    )
    func decodesTheRealTrace(
        number: Int,
        row: String,
        id: String,
        nanoseconds: Int64,
        cost: Int64
    ) throws {
        let event = try decode(row, number: number)
        #expect(event.id == id)
        #expect(event.timestamp.nanoseconds == nanoseconds)
        #expect(event.agent == "agent-\(number % 16)")
        #expect(event.producer == "AzureLLMInferenceTrace_conv.csv")
        #expect(event.sequence == number)
        guard case .metering(let metering) = event.payload else {
            Issue.record("not a metering event")
            return
        }
        let tokens = row.split(separator: ",").dropFirst().compactMap { Int64($0) }
        #expect(metering.resourceType == "llm_call")
        #expect(metering.quantity == Quantity(tokens[0] + tokens[1]))
        #expect(metering.cost == Money(nanos: cost, currency: .usd))
        #expect(event.metadata.entries.map(\.key) == ["input_tokens", "output_tokens"])
    }

    /// The id depends on the source, the row's number and its bytes.
    @Test func givesOtherIdsToOtherRows() throws {
        let row = "2023-11-16 18:15:46.6805900,374,44"
        let ids = try [
            decode(row), decode(row, number: 2), decode(row, source: "b"),
            decode("2023-11-16 18:15:46.6805900,374,45"),
        ].map(\.id)
        #expect(Set(ids).count == 4)
        #expect(try decode(row, agents: 1).agent == "agent-0")
        #expect(try decode(row, agents: 1).id == decode(row).id)
    }

    @Test(
        arguments: [
            ("", .notARow, ""), ("a,b", .notARow, ""), ("1,2,3,4", .notARow, ""),
            ("x,1,2", .badTime, "TIMESTAMP"), ("2023-11-16 18:", .notARow, ""),
            ("2023-11-31 18:15:46.6805900,374,44", .badTime, "TIMESTAMP"),
            ("1969-11-30 18:15:46,374,44", .overflow, "TIMESTAMP"),
            ("2023-11-16 18:15:46.6805900,,44", .notANumber, "ContextTokens"),
            ("2023-11-16 18:15:46.6805900,374,", .notANumber, "GeneratedTokens"),
            ("2023-11-16 18:15:46.6805900,-374,44", .notANumber, "ContextTokens"),
            ("2023-11-16 18:15:46.6805900,3.5,44", .notANumber, "ContextTokens"),
            ("2023-11-16 18:15:46.6805900,01,44", .notANumber, "ContextTokens"),
            ("2023-11-16 18:15:46.6805900, 1,44", .notANumber, "ContextTokens"),
            ("2023-11-16 18:15:46.6805900,1,44\r", .notANumber, "GeneratedTokens"),
            ("2023-11-16 18:15:46.6805900,1,9223372036854775808", .overflow, "GeneratedTokens"),
            ("2023-11-16 18:15:46.6805900,1,9223372036854775807", .overflow, "GeneratedTokens"),
            ("2023-11-16 18:15:46.6805900,9000000000000000000,0", .overflow, "GeneratedTokens"),
        ] as [(String, EventError.Problem, String)]
    )
    func refusesMalformedRows(row: String, problem: EventError.Problem, field: String) throws {
        var decoder = try TraceDecoder(source: "s")
        let bytes = Array(row.utf8)
        var arena: [UInt8] = [1]
        let error = #expect(throws: EventError.self) {
            try decoder.canonicalize(bytes.span, number: 1, into: &arena)
        }
        #expect(error?.problem == problem)
        #expect(error?.field == field)
        #expect(arena == [1])
    }

    @Test func refusesSenselessSettings() throws {
        #expect(throws: EventError(.empty, field: "source")) { try TraceDecoder(source: "") }
        #expect(throws: EventError(.tooLong, field: "source")) {
            try TraceDecoder(source: String(repeating: "s", count: 257))
        }
        #expect(throws: EventError(.overflow, field: "agents")) {
            try TraceDecoder(source: "s", agents: 0)
        }
    }

    /// The sum is exact and rounded once, half to even.
    @Test(
        arguments: [
            ("1", "0.000000001", "2", "0.000000003", 1, 1, 2),  // 1 + 1.5
            ("2", "0.000000001", "2", "0.000000001", 1, 1, 1),  // 0.5 + 0.5
            ("2", "0.000000001", "1", "0", 1, 0, 0),  // 0.5
            ("2", "0.000000003", "1", "0", 1, 0, 2),  // 1.5
            ("2", "0.000000005", "1", "0", 1, 0, 2),  // 2.5
            ("3", "0.000000001", "3", "0.000000001", 1, 1, 1),  // 2/3
            ("3", "0.000000001", "7", "0.000000001", 1, 1, 0),  // 10/21
            ("9223372036854775807", "9223372036.854775807", "1", "0", 7, 0, 7),
        ] as [(String, String, String, String, Int64, Int64, Int64)]
    )
    func roundsTheExactCostHalfToEven(
        inputUnit: String,
        inputPrice: String,
        outputUnit: String,
        outputPrice: String,
        input: Int64,
        output: Int64,
        nanos: Int64
    ) throws {
        let csv = Array(
            """
            resource_type,unit,price,currency
            input_token,\(inputUnit),\(inputPrice),EUR
            output_token,\(outputUnit),\(outputPrice),EUR
            """.utf8
        )
        let event = try decode(
            "2023-11-16 18:15:46.6805900,\(input),\(output)",
            pricebook: Pricebook(csv: csv.span)
        )
        guard case .metering(let metering) = event.payload else { return }
        #expect("\(metering.cost.currency)" == "EUR")
        #expect(metering.cost.nanos == nanos)
    }
}
