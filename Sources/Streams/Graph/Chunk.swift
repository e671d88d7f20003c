/// The unit that crosses an edge: elements, the bytes they point into, and what rides beside them.
///
/// Elements that stand for bytes hold ranges of ``bytes``, the chunk's arena. The arena moves with
/// the chunk and is shared, never copied, by the parts of a chunk that is cut.
public struct Chunk<Element: Sendable>: Sendable {
    public var elements: [Element]
    /// The arena.
    public var bytes: [UInt8]
    public var notes: Notes

    @inlinable
    public init(elements: [Element] = [], bytes: [UInt8] = [], notes: Notes = .none) {
        self.elements = elements
        self.bytes = bytes
        self.notes = notes
    }
}
