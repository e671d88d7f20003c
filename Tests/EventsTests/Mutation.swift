import StreamsTesting

/// Small damage to bytes, drawn from a seed.
enum Mutation {
    /// Bytes that mean something to one of our formats, so that damage is often nearly right.
    private static let telling =
        Array("\"\\{}[]:,-+.eE0019 tfnu\n\r\u{0}".utf8) + [0x80, 0xc3, 0xff]

    static func mutate(_ bytes: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes[index] = telling[Int.random(in: 0..<telling.count, using: &random)]
            case 3: bytes.remove(at: index)
            case 4:
                bytes.insert(telling[Int.random(in: 0..<telling.count, using: &random)], at: index)
            case 5:
                let end = min(bytes.count, index + Int.random(in: 1...12, using: &random))
                bytes.insert(contentsOf: bytes[index..<end], at: index)
            default:
                let end = min(bytes.count, index + Int.random(in: 1...12, using: &random))
                bytes.removeSubrange(index..<end)
            }
        }
        return bytes
    }
}
