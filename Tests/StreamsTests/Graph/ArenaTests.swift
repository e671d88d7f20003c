import Streams
import StreamsTesting
import Synchronization
import Testing

/// Elements that stand for bytes find them, whatever the chunk went through.
@Suite struct ArenaTests {
    /// An element that says which bytes it stands for.
    struct Word: ArenaElement, Equatable {
        let number: Int
        var start: Int
        var count: Int

        var range: Range<Int> { start..<start + count }
    }

    struct Refused: Error, Equatable {}

    /// Numbers as decimal text in the arena, in chunks of uneven size.
    struct Words: Source {
        typealias Replay = Replayable

        let count: Int
        private var position = 0

        init(_ count: Int) {
            self.count = count
        }

        mutating func poll(into chunk: inout Chunk<Word>, limit: ChunkLimit) -> Pulled {
            if position == count { return .finished }
            let upper = min(count, position + 1 + position % limit.elements)
            for number in position..<upper {
                let text = Array("<\(number)>".utf8)
                chunk.elements.append(
                    Word(number: number, start: chunk.bytes.count, count: text.count)
                )
                chunk.bytes += text
            }
            defer { position = upper }
            return .elements(OffsetRange(partition: 0, lower: position, upper: upper))
        }
    }

    /// Reads each element's bytes where it arrives.
    struct Reading: TransactionalSink {
        let texts: Texts

        func write(_ chunk: Chunk<Batch<Word>>) {
            for batch in chunk.elements {
                texts.add(batch.parts.flatMap { part in part.elements.map { part.text(of: $0) } })
                texts.addRefused(batch.rejections.map { String(decoding: $0.bytes, as: UTF8.self) })
            }
        }
    }

    final class Texts: Sendable {
        private let state = Mutex<(read: [String], refused: [String])>(([], []))

        func add(_ texts: [String]) { state.withLock { $0.read += texts } }

        func addRefused(_ texts: [String]) { state.withLock { $0.refused += texts } }

        var read: [String] { state.withLock { $0.read } }

        var refused: [String] { state.withLock { $0.refused } }
    }

    static func blueprint(_ count: Int, into texts: Texts) -> Blueprint {
        Blueprint("words") { graph in
            graph.source("words") { Words(count) }
                .parallel("section", lanes: 2, window: Window(chunk: 8, chunks: 4)) { lane in
                    lane.decodeWithBytes("decode") { word, bytes throws(Refused) in
                        let found = bytes.extracting(word.range)
                        guard found[0] == UInt8(ascii: "<"), word.number % 13 != 5 else {
                            throw Refused()
                        }
                        return word
                    }
                    .rejectedWithBatch("refused")
                }
                .rewrite("again") { word, bytes, arena throws(Refused) in
                    let start = arena.count
                    let text = bytes.extracting(word.range)
                    for index in text.indices { arena.append(text[index]) }
                    arena.append(UInt8(ascii: "!"))
                    return Word(number: word.number, start: start, count: word.count + 1)
                }
                .skip("none") { _ in }
                .partitionWithBytes("lanes", lanes: 3) { word, bytes in
                    UInt32(bytes[word.range.lowerBound + 1])
                }
                .boundary(Window(chunk: 4, chunks: 3))
                .filterWithBytes("some") { word, bytes in
                    word.number % 4 != 0 && bytes[word.range.upperBound - 1] == UInt8(ascii: "!")
                }
                .sequenced("in order") { $0.number }
                .batch("batch", BatchLimits(count: 10, wholeChunks: true))
                .exactlyOnceSink("read") { _ in Reading(texts: texts) }
        }
    }

    static let expected = (0..<300).filter { $0 % 13 != 5 && $0 % 4 != 0 }.map { "<\($0)>!" }

    @Test(arguments: UInt64(0)..<40)
    func bytesArriveThroughEveryOperator(seed: UInt64) async throws {
        let simulation = Simulation(seed: seed)
        for mode in [ExecutionMode.fused, .declared, .parallel(Window(chunk: 3, chunks: 3))] {
            let texts = Texts()
            let runtime = Runtime(simulation)
            let run = simulation.spawn {
                try await Self.blueprint(300, into: texts).run(mode, on: runtime)
            }
            simulation.advance(by: .seconds(1))
            try await run.value
            #expect(texts.read == Self.expected)
        }
    }

    /// What was refused reaches the batch with its bytes.
    @Test func refusedElementsTravelWithTheirBytes() async throws {
        let texts = Texts()
        let blueprint = Blueprint("refused") { graph in
            graph.source("words") { Words(40) }
                .decodeWithBytes("decode") { word, bytes throws(Refused) in
                    if word.number % 7 == 3 { throw Refused() }
                    return word
                }
                .rejectedWithBatch("along")
                .batch("batch", BatchLimits(count: 5, wholeChunks: true))
                .exactlyOnceSink("read") { _ in Reading(texts: texts) }
        }
        try await blueprint.run(.declared, on: .live)
        #expect(texts.refused == ["<3>", "<10>", "<17>", "<24>", "<31>", "<38>"])
        #expect(texts.read.count == 34)
    }

    /// Elements that need their bytes no more keep no arena alive.
    @Test func flowsWithoutBytesKeepNoArena() async throws {
        let batches = Ledger<Batch<Int>>()
        let blueprint = Blueprint("without") { graph in
            graph.source("words") { Words(100) }
                .mapWithBytes("digits") { word, bytes in bytes.extracting(word.range).count - 2 }
                .withoutBytes("counted")
                .batch("batch", BatchLimits(count: 100))
                .sink("batches", batches.writer)
        }
        try await blueprint.run(.fused, on: .live)
        #expect(batches.elements.map(\.parts.count) == [1])
        let digits: [Int] = batches.elements.flatMap(\.elements)
        #expect(digits == (0..<100).map { $0 < 10 ? 1 : 2 })
        let hasArena = batches.elements.contains { $0.parts.contains { !$0.bytes.isEmpty } }
        #expect(!hasArena)
    }

    /// A later stage deals with its own refusals only.
    @Test func refusedElementsPassLaterErrorHandling() async throws {
        let texts = Texts()
        let letters = Ledger<DeadLetter<Refused>>()
        let blueprint = Blueprint("passing") { graph in
            graph.source("words") { Words(20) }
                .decode("first") { word throws(Refused) in
                    if word.number == 3 { throw Refused() }
                    return word
                }
                .rejectedWithBatch("along")
                .decode("second") { word throws(Refused) in
                    if word.number == 4 { throw Refused() }
                    return word
                }
                .deadLetter("letters", to: letters.writer)
                .decode("third") { word throws(Refused) in
                    if word.number == 5 { throw Refused() }
                    return word
                }
                .skip("skipped") { _ in }
                .batch("batch", BatchLimits(count: 5, wholeChunks: true))
                .exactlyOnceSink("read") { _ in Reading(texts: texts) }
        }
        try await blueprint.run(.declared, on: .live)
        #expect(texts.refused == ["<3>"])
        #expect(letters.elements.map(\.stage) == ["second"])
        #expect(texts.read.count == 17)
    }

    /// A chunk that nobody holds any more lends its arena to a later one.
    @Test func arenasAreUsedAgain() async throws {
        let capacities = Mutex<[Int]>([])
        struct Watched: Source {
            typealias Replay = Replayable

            var words = Words(1_000)
            let see: @Sendable (Int) -> Void

            mutating func poll(into chunk: inout Chunk<Word>, limit: ChunkLimit) -> Pulled {
                see(chunk.bytes.capacity)
                return words.poll(into: &chunk, limit: limit)
            }
        }
        let blueprint = Blueprint("again") { graph in
            graph.source("words") {
                Watched { capacity in capacities.withLock { $0.append(capacity) } }
            }
            .boundary(Window(chunk: 16, chunks: 2))
            .sink("sink", Ledger<Word>().writer)
        }
        try await blueprint.run(.fused, on: .live)
        let known = capacities.withLock(\.self)
        #expect(known.dropFirst(3).allSatisfy { $0 > 0 }, "\(known)")
        #expect(capacities.withLock(\.count) > 60)
    }

    @Test func findsRejectionsThatNoBatchTakes() {
        let blueprint = Blueprint("lost") { graph in
            graph.source("words") { Words(1) }
                .decode("decode") { word throws(Refused) in word }
                .rejectedWithBatch("along")
                .sink("sink", Ledger<Word>().writer)
        }
        #expect(
            blueprint.validate().map(\.message) == [
                """
                what 'along' sends along never reaches a batch: add .batch, or write \
                .deadLetter or .skip instead
                """
            ]
        )
    }
}

extension Chunk<ArenaTests.Word> {
    fileprivate func text(of word: ArenaTests.Word) -> String {
        String(decoding: bytes[word.range], as: UTF8.self)
    }
}
