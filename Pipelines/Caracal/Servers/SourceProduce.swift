import Assembly
import CommandLineInterface
import Events
import Streams
import StreamsKafka

/// Reads one source, and produces the events of its rows.
///
/// It runs on a thread of its own, which reading blocks.
actor SourceProduce {
    /// What was done.
    struct Counts {
        var read = 0
        var produced = 0
        var dead = 0
    }

    private nonisolated let executor = BlockingExecutor(label: "caracal.produce")
    private let producer: KafkaProducer
    private let topic: String
    private let source: String
    private let report: @Sendable (RowError) -> Void
    private let meter: ProgressMeter
    private var rows: RowReader
    private var decoder: RowDecoder
    private var batch = KafkaBatch()
    private var canonical: [UInt8] = []
    private(set) var counts = Counts()

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    /// Begins with nothing read.
    init(
        to producer: KafkaProducer,
        topic: String,
        source: String,
        rows: RowReader,
        decoder: RowDecoder,
        report: @escaping @Sendable (RowError) -> Void,
        meter: ProgressMeter
    ) {
        self.producer = producer
        self.topic = topic
        self.source = source
        self.rows = rows
        self.decoder = decoder
        self.report = report
        self.meter = meter
    }

    /// Produces all rows; what was produced is delivered when this returns.
    ///
    /// - Returns: Whether the end was reached.
    /// - Throws: ``CommandError``; a repeat produces the same records with the same numbers.
    func run(
        _ head: [UInt8],
        _ input: consuming InputFile,
        _ shutdown: Shutdown
    ) async throws(CommandError) -> Bool {
        var block = head
        var isComplete = false
        while !shutdown.isRequested {
            try feed(block)
            try await send()
            meter.update(done: counts.read, of: nil)
            block = []
            switch try input.read(1 << 20, into: &block) {
            case .bytes: continue
            case .interrupted: break
            case .end:
                try finish(input.name)
                try await send()
                isComplete = true
            }
            break
        }
        meter.finish()
        do {
            try await producer.flush()
        } catch let error as KafkaError {
            throw CommandError(error)
        } catch {
            throw CommandError("kafka: \(error)", exitCode: .tryAgain)
        }
        return isComplete
    }

    private func feed(_ block: [UInt8]) throws(CommandError) {
        do {
            try rows.feed(block.span) { row, bytes in add(row, bytes) }
        } catch {
            throw CommandError("\(error)", exitCode: .badData)
        }
    }

    private func finish(_ name: String) throws(CommandError) {
        do {
            try rows.finish { row, bytes in add(row, bytes) }
        } catch {
            throw CommandError("\(name): \(error)", exitCode: .badData)
        }
    }

    private func add(_ row: RowReader.Row, _ bytes: Span<UInt8>) {
        counts.read += 1
        canonical.removeAll(keepingCapacity: true)
        do throws(RowError) {
            let decoded = try decoder.canonicalize(row, bytes, into: &canonical)
            let keyStart = batch.bytes.count
            for index in decoded.keys.agentID.range { batch.bytes.append(canonical[index]) }
            let valueStart = batch.bytes.count
            let span = canonical.span
            do throws(EventError) {
                let view = try EventView(validating: span, in: decoded.keys.range.range)
                view.appendJSON(span, to: &batch.bytes)
            } catch {
                preconditionFailure("what the decoder writes is canonical: \(error)")
            }
            batch.append(key: keyStart..<valueStart, value: valueStart..<batch.bytes.count)
            if case .row(let number) = decoded.identity { batch.addProducer(source, number) }
            counts.produced += 1
        } catch {
            counts.dead += 1
            report(error)
        }
    }

    private func send() async throws(CommandError) {
        guard batch.count > 0 else { return }
        do {
            try await producer.produce(batch, to: topic)
        } catch let error as KafkaError {
            throw CommandError(error)
        } catch {
            throw CommandError("kafka: \(error)", exitCode: .tryAgain)
        }
        batch.removeAll()
    }
}
