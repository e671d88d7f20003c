/// Breaks requests, good and hostile ones, at one to four places.
struct Mutator: Sendable {
    private let good = HTTPRequestDecoderTests.good.map { Array($0.utf8) }
    private let seeds = (HTTPRequestDecoderTests.good + hostile.map(\.text)).map { Array($0.utf8) }
    private let tokens = [
        "\r\n", "\r", "\n", "\r\n\r\n", " ", "\t", ":", ",", ";", "\0", "0", "5", "chunked",
        "Host: b\r\n",
        "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "HTTP/1.1", "GET / HTTP/1.1\r\n",
        "Connection: close\r\n", "FFFFFFFFFFFFFFF", "9223372036854775807",
        "Expect: 100-continue\r\n",
    ].map { Array($0.utf8) }

    func mutated(using random: inout SeededNumbers) -> [UInt8] {
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
}
