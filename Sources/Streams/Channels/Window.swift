/// How much may be under way between two tasks.
public struct Window: Equatable, Sendable {
    /// The elements of one full chunk.
    public let chunk: Int
    /// The bound in elements; a producer waits while it is reached.
    public let elements: Int
    /// The bound in bytes: elements and what they keep alive, what was refused, and each arena,
    /// once for the chunks in a row that share it.
    public let bytes: Int
    /// What a chunk takes of ``elements`` even if it holds fewer.
    @usableFromInline let leastOfChunk: Int
    /// What moves at once, chunks down and credits back: waking a task costs more than a chunk.
    @usableFromInline let lump: Int

    public init(chunk: Int = 1_024, chunks: Int = 16, bytes: Int = 8 << 20) {
        precondition(chunk > 0 && chunks > 0 && bytes > 0, "an edge that holds nothing is shut")
        self.chunk = chunk
        elements = chunk * chunks
        leastOfChunk = max(1, chunk / 4)
        lump = max(1, elements / 4)
        self.bytes = bytes
    }
}
