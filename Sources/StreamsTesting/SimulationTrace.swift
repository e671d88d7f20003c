/// A hash over everything that a simulation chose and did, equal for equal runs.
///
/// FNV-1a over 64-bit words, with a shift so that low bits depend on high ones. It depends on
/// numbers only: no address, no hash table, no real time enters it.
struct SimulationTrace: Sendable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ word: UInt64) {
        value = (value ^ word) &* 0x0000_0100_0000_01B3
        value ^= value >> 29
    }

    mutating func add(_ number: Int64) {
        add(UInt64(bitPattern: number))
    }
}
