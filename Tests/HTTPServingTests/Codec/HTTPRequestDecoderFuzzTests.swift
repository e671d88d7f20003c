import HTTPServing
import Testing

/// Bytes that nobody means well with.
@Suite struct HTTPRequestDecoderFuzzTests {
    /// Of 100,000 mutated streams none traps, none means something else when cut elsewhere, and
    /// what passes obeys a second reading of the rules that shares no code with the decoder.
    @Test(arguments: UInt64(0)..<20)
    func survivesMutatedRequests(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var (accepted, refused) = (0, 0)
        for round in 0..<5_000 {
            let bytes = mutated(using: &random)
            let whole = Decoding(bytes)
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let split = Decoding(bytes, cuts: [cut])
            guard split == whole, whole.messages.allSatisfy(obeysTheRules) else {
                Issue.record("round \(round), cut at \(cut): \(bytes)")
                return
            }
            accepted += whole.messages.isEmpty ? 0 : 1
            refused += whole.refusal == nil ? 0 : 1
        }
        // Mutations that are all refused, or all harmless, would test nothing.
        #expect(accepted > 1_000 && refused > 1_000)
    }

    @Test(arguments: UInt64(0)..<4)
    func survivesNoise(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<1_000 {
            let count = Int.random(in: 0...64, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let decoding = Decoding(bytes)
            #expect(decoding.messages.isEmpty)
        }
    }

    private let good = HTTPRequestDecoderTests.good.map { Array($0.utf8) }
    private let seeds = (HTTPRequestDecoderTests.good + hostile.map(\.text)).map { Array($0.utf8) }
    private let tokens = [
        "\r\n", "\r", "\n", "\r\n\r\n", " ", "\t", ":", ",", ";", "\0", "0", "5", "chunked",
        "Host: b\r\n",
        "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "HTTP/1.1", "GET / HTTP/1.1\r\n",
        "Connection: close\r\n", "FFFFFFFFFFFFFFF", "9223372036854775807",
        "Expect: 100-continue\r\n",
    ].map { Array($0.utf8) }

    private func mutated(using random: inout SeededNumbers) -> [UInt8] {
        let from = Bool.random(using: &random) ? good : seeds
        var bytes = from[Int.random(in: 0..<from.count, using: &random)]
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where place < bytes.count:
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 2: bytes.removeSubrange(place..<end)
            case 3:
                let token = tokens[Int.random(in: 0..<tokens.count, using: &random)]
                bytes.insert(contentsOf: token, at: place)
            case 4:
                let other = seeds[Int.random(in: 0..<seeds.count, using: &random)]
                bytes.replaceSubrange(place..., with: other.suffix(bytes.count - place))
            default: bytes.insert(contentsOf: bytes[place..<end], at: place)
            }
        }
        return bytes
    }

    private func obeysTheRules(_ message: Decoding.Message) -> Bool {
        let head = message.head
        let hosts = head.values(of: "Host")
        let lengths = head.values(of: "Content-Length")
        let encodings = head.values(of: "Transfer-Encoding")
        guard hosts.count <= 1, hosts.count == 1 || head.minorVersion == 0,
            lengths.count + encodings.count <= 1,
            head.path.first == "/" || head.path == "*",
            head.path.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return false }
        switch head.content {
        case .none:
            return lengths.isEmpty && encodings.isEmpty && message.content.isEmpty
        case .length(let length):
            return lengths == ["\(length)"]
                && (message.content.count == length
                    || (!message.isComplete && message.content.count < length))
        case .chunked:
            return encodings.map { $0.lowercased() } == ["chunked"] && head.minorVersion == 1
                && message.content.count <= HTTPLimits.forTests.bodyBytesMax
        }
    }
}
