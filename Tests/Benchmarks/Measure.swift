import Glibc

/// The times of one piece of work, in seconds, sorted.
struct Timing: Sendable {
    let wall: [Double]
    let cpu: [Double]

    /// The median of the wall clock.
    var median: Double { wall[wall.count / 2] }

    /// The median of the CPU time of all threads.
    var medianCPU: Double { cpu[cpu.count / 2] }

    /// The times of one of `count` equal parts of the work.
    func divided(by count: Double) -> Timing {
        Timing(wall: wall.map { $0 / count }, cpu: cpu.map { $0 / count })
    }
}

/// Runs `body` once to warm up and `repetitions` times for the record.
func measure(repetitions: Int = 5, _ body: () async throws -> Void) async throws -> Timing {
    try await body()
    var wall: [Double] = []
    var cpu: [Double] = []
    for _ in 0..<repetitions {
        let cpuStart = seconds(CLOCK_PROCESS_CPUTIME_ID)
        let wallStart = seconds(CLOCK_MONOTONIC)
        try await body()
        wall.append(seconds(CLOCK_MONOTONIC) - wallStart)
        cpu.append(seconds(CLOCK_PROCESS_CPUTIME_ID) - cpuStart)
    }
    return Timing(wall: wall.sorted(), cpu: cpu.sorted())
}

/// What a clock of the system shows.
func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Keeps the optimizer from deleting the work that made `value`.
@_optimize(none) func blackHole(_ value: some Any) {}
