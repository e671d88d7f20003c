import Events

/// Where an entry says which event it is.
enum EventIdentity {
    /// Where the event's identifier lies in its canonical bytes, or `nil` if they are no event.
    static func range(in bytes: Span<UInt8>) -> Range<Int>? {
        do throws(EventError) {
            return try EventView(validating: bytes, in: 0..<bytes.count).eventID
        } catch {
            return nil
        }
    }
}
