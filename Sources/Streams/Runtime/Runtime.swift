/// What a graph needs from outside, injected: time, randomness, identifiers, and where tasks run.
public struct Runtime: Sendable {
    /// Where every task runs: `nil`, the default pool, in production; a seeded one in simulation.
    public let executor: (any TaskExecutor)?
    public let clock: GraphClock
    /// Nanoseconds since 1970, UTC.
    public let wallNow: @Sendable () -> Int64
    /// Sixty-four random bits; for jitter, never for keys.
    public let random: @Sendable () -> UInt64
    public let drain: DrainSwitch
    /// The most that a source pulls into one chunk.
    public let chunkLimit: ChunkLimit
    /// The most elements a fused chain handles at once; what they point to should fit into L1.
    public let blockLimit: Int

    public init(
        executor: (any TaskExecutor)? = nil,
        clock: GraphClock,
        wallNow: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable () -> UInt64,
        drain: DrainSwitch = DrainSwitch(),
        chunkLimit: ChunkLimit = ChunkLimit(),
        blockLimit: Int = .max
    ) {
        precondition(blockLimit > 0, "a block of no elements cannot move")
        self.executor = executor
        self.clock = clock
        self.wallNow = wallNow
        self.random = random
        self.drain = drain
        self.chunkLimit = chunkLimit
        self.blockLimit = blockLimit
    }
}
