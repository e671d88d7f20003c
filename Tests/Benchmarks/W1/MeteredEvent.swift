/// A field of a record, as bytes of it.
struct Field: Sendable, BitwiseCopyable {
    var start: UInt16 = 0
    var length: UInt16 = 0
}

/// An event, decoded; its texts stay where they are.
struct MeteredEvent: Sendable, BitwiseCopyable {
    let record: RawRecord
    var eventID = Field()
    var agentID = Field()
    var resourceType = Field()
    var currency = Field()
    /// Millionths of the currency.
    var micros: Int64 = 0
    /// Since 1970, UTC.
    var milliseconds: Int64 = 0
    /// The hash by which Kafka's producers choose a partition, taken while the bytes are at hand.
    var agentHash: UInt32 = 0

    init(record: RawRecord) {
        self.record = record
    }
}

/// Why a record is no event.
enum ScanError: Error, Equatable, Sendable {
    /// Not JSON as we take it: at this byte.
    case malformed(offset: Int)
    /// No field of this name, or an empty one.
    case missing(field: String)
    /// A number or time that is none, or does not fit.
    case badValue(field: String)
}
