import Streams
import Synchronization

/// Work W0: source, map, filter, batch of 256 and sum, with 0 to 4 asynchronous boundaries.
struct HopWork {
    let count: Int
    let boundaries: Int
    let window: Window
    let total = Total()

    /// What the sum has seen, also between tasks.
    final class Total: Sendable {
        let value = Mutex((kept: 0, batches: 0, sum: 0))
    }

    /// The integers up to a count, in chunks.
    struct Numbers: Source {
        typealias Replay = Replayable

        let count: Int
        private var position = 0

        init(count: Int) {
            self.count = count
        }

        mutating func poll(into chunk: inout Chunk<Int>, limit: ChunkLimit) throws -> Pulled {
            if position == count { return .finished }
            let range = position..<min(count, position + limit.elements)
            chunk.elements.append(addingCapacity: range.count) { output in
                for number in range { output.append(number) }
            }
            position = range.upperBound
            return .elements(
                OffsetRange(partition: 0, lower: range.lowerBound, upper: range.upperBound)
            )
        }
    }

    struct Sum: Sink {
        let total: Total

        mutating func write(_ chunk: Chunk<Batch<Int>>) async throws {
            for batch in chunk.elements {
                var sum = 0
                for part in batch.parts {
                    for number in part.elements { sum &+= number }
                }
                total.value.withLock { total in
                    total.kept += batch.count
                    total.batches += 1
                    total.sum &+= sum
                }
            }
        }
    }

    /// The text whose digest the other implementations print.
    var text: String {
        total.value.withLock {
            "W0 n=\(count) kept=\($0.kept) batches=\($0.batches) sum=\($0.sum)"
        }
    }

    func blueprint() -> Blueprint {
        Blueprint("W0") { [count, boundaries, window, total] graph in
            graph.source("numbers") { Numbers(count: count) }
                .boundary(window, if: boundaries >= 1)
                .map("add") { $0 &+ 1 }
                .boundary(window, if: boundaries >= 2)
                .filter("even") { $0 & 1 == 0 }
                .boundary(window, if: boundaries >= 4)
                .batch("batch", BatchLimits(count: 256))
                .boundary(window, if: boundaries >= 4)
                .sink("sum") { _ in Sum(total: total) }
        }
    }
}

extension Flow {
    /// A boundary that is only there under a condition.
    consuming func boundary(_ window: Window, if isThere: Bool) -> Flow<Element, F> {
        if isThere { return boundary(window) }
        return self
    }
}
