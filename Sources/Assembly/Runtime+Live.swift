import Glibc
package import Streams

extension Runtime {
    /// Real time, real randomness, and tasks on the default pool: for a process that runs for real.
    package static func live(
        drain: DrainSwitch = DrainSwitch(),
        chunkLimit: ChunkLimit = ChunkLimit()
    ) -> Self {
        Self(
            clock: GraphClock(ContinuousClock()),
            wallNow: wallClock,
            random: {
                var generator = SystemRandomNumberGenerator()
                return generator.next()
            },
            drain: drain,
            chunkLimit: chunkLimit
        )
    }
}

/// Nanoseconds since 1970, UTC.
package func wallClock() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
