import Cryptography
import Synchronization

/// Counts what was committed, in all lanes.
final class MeteringTotal: Sendable {
    private struct State {
        var count = 0
        var micros: Int64 = 0
        var milliseconds: Int64 = 0
        var textBytes = 0
        var batches = 0
        var rootXor: UInt64 = 0
        var roots: [Int: Digest] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func add(_ commitment: Commitment) {
        state.withLock { state in
            state.count += commitment.count
            state.micros += commitment.micros
            state.milliseconds += commitment.milliseconds
            state.textBytes += commitment.textBytes
            state.batches += 1
            state.rootXor ^= commitment.root.prefix
            state.roots[commitment.lane] = commitment.root
        }
    }

    /// The text whose digest the other implementations print.
    var text: String {
        state.withLock { state in
            let roots = state.roots.sorted { $0.key < $1.key }.map { "root\($0.key)=\($0.value)" }
            let xor = String(state.rootXor, radix: 16)
            return """
                W1 n=\(state.count) amount=\(state.micros) ts=\(state.milliseconds) \
                len=\(state.textBytes) batches=\(state.batches) rootxor=\(xor) \
                \(roots.joined(separator: " "))
                """
        }
    }
}
