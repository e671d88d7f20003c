/// Events of exactly 533 bytes, one behind the other, the same for every program that follows the rules.
final class Corpus: Sendable {
    static let eventLength = 533
    let count: Int
    let bytes: [UInt8]

    init(count: Int) {
        self.count = count
        var writer = EventWriter()
        writer.bytes.reserveCapacity(count * Self.eventLength)
        for index in 0..<count { writer.append(event: UInt64(index)) }
        bytes = writer.bytes
    }
}
