import Streams

struct Numbers: Source {
    typealias Replay = Replayable

    func poll(into chunk: inout Chunk<Int>, limit: ChunkLimit) -> Pulled { .finished }
}

/// A source that forgets.
struct Socket: Source {
    typealias Replay = Ephemeral

    func poll(into chunk: inout Chunk<Int>, limit: ChunkLimit) -> Pulled { .finished }
}

struct Odd: Error {}

func half(_ number: Int) throws(Odd) -> Int {
    if number % 2 == 1 { throw Odd() }
    return number / 2
}

struct Total: CommitLog {
    func commit(_ batch: Batch<Int>) -> Int { batch.count }
}

struct Ignore<Element: Sendable>: TransactionalSink {
    func write(_ chunk: Chunk<Element>) {}
}

/// Takes letters of a failure that nothing before it has.
struct WrongLetters: Sink {
    struct Even: Error {}

    func write(_ chunk: Chunk<DeadLetter<Even>>) {}
}
