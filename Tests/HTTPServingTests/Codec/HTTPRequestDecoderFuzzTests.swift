import HTTPServing
import Testing

/// Bytes that nobody means well with.
@Suite struct HTTPRequestDecoderFuzzTests {
    private let mutator = Mutator()

    /// Of 100,000 mutated streams none traps, none means something else when cut elsewhere, and
    /// what passes obeys a second reading of the rules that shares no code with the decoder.
    @Test(arguments: UInt64(0)..<20)
    func survivesMutatedRequests(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var (accepted, refused) = (0, 0)
        for round in 0..<5_000 {
            let bytes = mutator.mutated(using: &random)
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
