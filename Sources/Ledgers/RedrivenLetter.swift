/// How a dead letter that is sent again names itself: as a producer with this one record.
///
/// However often it is sent, the ledger takes it once.
public enum RedrivenLetter {
    private static let opening = "caracal.dlq/"

    /// The producer of a letter's record, whose sequence is 0.
    ///
    /// - Parameters:
    ///   - partition: The letter's partition.
    ///   - offset: Where in it the refused record is.
    /// - Returns: A name that no other letter has.
    public static func producer(partition: Int, offset: Int) -> String {
        "\(opening)\(partition)@\(offset)"
    }

    /// Whether a record comes from such a producer.
    ///
    /// - Parameters:
    ///   - bytes: The arena.
    ///   - producer: Where in it the producer's name is.
    /// - Returns: Whether that is a name that ``producer(partition:offset:)`` makes.
    public static func isProducer(_ bytes: Span<UInt8>, _ producer: Range<Int>) -> Bool {
        guard producer.count > opening.utf8.count else { return false }
        let name = bytes.extracting(producer)
        var place = 0
        for byte in opening.utf8 {
            guard name[place] == byte else { return false }
            place += 1
        }
        return true
    }
}
