/// Writes events whose every field is drawn from its own place of one random sequence.
struct EventWriter {
    var bytes: [UInt8] = []
    private let agents: [[UInt8]]
    private let hexDigits = Array("0123456789abcdef".utf8)
    private let types = [
        "api_call", "mcp_tool", "llm_input_tokens", "llm_output_tokens", "gpu_seconds",
        "storage_gb_hours", "egress_gb", "delegation",
    ].map { Array($0.utf8) }

    init() {
        var writer = EventWriter(agents: [])
        let names = (0..<1_000).map { agent -> [UInt8] in
            writer.bytes = []
            writer.append(uuidOf: 1 << 40 + UInt64(agent))
            return writer.bytes
        }
        self.init(agents: names)
    }

    private init(agents: [[UInt8]]) {
        self.agents = agents
    }

    /// Draw `field` of event `index`.
    private func draw(_ index: UInt64, _ field: UInt64) -> UInt64 {
        var z = (20_260_101 &+ (index &* 32 &+ field &+ 1) &* 0x9E37_79B9_7F4A_7C15)
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func append(event index: UInt64) {
        let start = bytes.count
        append("{\"event_id\":\"")
        append(uuidOf: index)
        append("\",\"agent_id\":\"")
        bytes.append(contentsOf: agents[Int((draw(index, 2) >> 33) % 1_000)])
        append("\",\"resource_type\":\"")
        bytes.append(contentsOf: types[Int((draw(index, 3) >> 33) % 8)])
        append("\",\"amount\":\"")
        let micros = 1 + (draw(index, 4) >> 20) % 1_000_000_000
        append(decimal: micros / 1_000_000, width: 1)
        append(".")
        append(decimal: micros % 1_000_000, width: 6)
        append("\",\"currency\":\"USD\",\"timestamp\":\"")
        append(timeOf: index)
        append("\",\"metadata\":{\"trace\":\"")
        append(hex: draw(index, 6))
        append(hex: draw(index, 7))
        append("\",\"region\":\"eu-west-1\",\"pad\":\"")
        var field: UInt64 = 8
        while bytes.count < start + Corpus.eventLength {
            append(hex: draw(index, field))
            field += 1
        }
        bytes.removeSubrange((start + Corpus.eventLength - 3)...)
        append("\"}}")
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func append(hex word: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            bytes.append(hexDigits[Int(word >> UInt64(shift) & 15)])
        }
    }

    private mutating func append(uuidOf index: UInt64) {
        let start = bytes.count
        append(hex: draw(index, 0))
        append(hex: draw(index, 1))
        for dash in [8, 13, 18, 23] { bytes.insert(UInt8(ascii: "-"), at: start + dash) }
    }

    private mutating func append(decimal number: UInt64, width: Int) {
        let digits = String(number).utf8
        let zeros = max(0, width - digits.count)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: zeros))
        bytes.append(contentsOf: digits)
    }

    /// A thousand events a second from noon of 2026-01-01, each up to five seconds late, a few more.
    private mutating func append(timeOf index: UInt64) {
        let delay = draw(index, 5) >> 33
        let late = (delay / 100) % (delay % 100 == 0 ? 180_000 : 5_000)
        let milliseconds = 1_767_268_800_000 + index - late
        let day = CivilDay(daysSinceEpoch: Int64(milliseconds / 86_400_000))
        let time = milliseconds % 86_400_000
        append(decimal: UInt64(day.year), width: 4)
        append("-")
        append(decimal: UInt64(day.month), width: 2)
        append("-")
        append(decimal: UInt64(day.day), width: 2)
        append("T")
        append(decimal: time / 3_600_000, width: 2)
        append(":")
        append(decimal: time / 60_000 % 60, width: 2)
        append(":")
        append(decimal: time / 1_000 % 60, width: 2)
        append(".")
        append(decimal: time % 1_000, width: 3)
        append("Z")
    }
}
