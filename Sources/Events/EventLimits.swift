/// The bounds of an event, in bytes of UTF-8 unless said otherwise.
public enum EventLimits {
    /// The most canonical bytes: what an entry of a C2SP bundle holds.
    public static let canonicalBytes = 65_535
    /// The most bytes of an id, of a resource type or of a policy's name; the least is 1.
    public static let nameBytes = 256
    /// The most bytes of a number in metadata.
    public static let numberBytes = 256
    /// How deep a JSON text may be nested before it is no longer looked at.
    public static let depth = 32
    /// The most places after the decimal point.
    public static let decimalPlaces = 9
}
