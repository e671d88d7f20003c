/// The 533-byte events of the load generators: JSON whose every field is drawn from its own place of
/// one SplitMix64 sequence.
struct LoadEvents {
    private static let types = [
        "api_call", "mcp_tool", "llm_input_tokens", "llm_output_tokens", "gpu_seconds",
        "storage_gb_hours", "egress_gb", "delegation",
    ]

    /// Draw `field` of event `index`.
    private static func draw(_ index: UInt64, _ field: UInt64) -> UInt64 {
        var z = 20_260_101 &+ (index &* 32 &+ field &+ 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func uuid(_ index: UInt64) -> String {
        let digits = Array(hex(draw(index, 0)) + hex(draw(index, 1)))
        return [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
            .map { String($0) }.joined(separator: "-")
    }

    /// The time of event `index` in milliseconds since 1970.
    static func milliseconds(_ index: UInt64) -> Int64 {
        let delay = draw(index, 5) >> 33
        let late = (delay / 100) % (delay % 100 == 0 ? 180_000 : 5_000)
        return 1_767_268_800_000 + Int64(index) - Int64(late)
    }

    /// The amount of event `index` in millionths.
    static func micros(_ index: UInt64) -> UInt64 { 1 + (draw(index, 4) >> 20) % 1_000_000_000 }

    static func json(_ index: UInt64, time: String) -> [UInt8] {
        let micros = micros(index)
        let places = String(1_000_000 + micros % 1_000_000).dropFirst()
        let agent = uuid(1 << 40 + (draw(index, 2) >> 33) % 1_000)
        let type = types[Int((draw(index, 3) >> 33) % 8)]
        let text =
            "{\"event_id\":\"\(uuid(index))\",\"agent_id\":\"\(agent)\","
            + "\"resource_type\":\"\(type)\",\"amount\":\"\(micros / 1_000_000).\(places)\","
            + "\"currency\":\"USD\",\"timestamp\":\"\(time)\",\"metadata\":{\"trace\":\""
            + "\(hex(draw(index, 6)))\(hex(draw(index, 7)))\",\"region\":\"eu-west-1\",\"pad\":\""
        let pad = (8..<32).map { hex(draw(index, $0)) }.joined()
        let missing = 533 - text.utf8.count - 3
        return Array((text + pad.prefix(missing) + "\"}}").utf8)
    }
}
