import Streams

/// A batch put into the payload of its frame, ahead of knowing where it goes and whether all of it is new.
struct PreparedAppend: Sendable {
    /// The records of one producer in the batch.
    struct Run: Equatable, Sendable {
        let name: [UInt8]
        /// The sequences, without records outside of one; -1 if there is none.
        var lowest = -1
        var highest = -1
        /// Whether each sequence is above the one before.
        var isRising = true
    }

    let batch: AppendBatch
    let payload: [UInt8]
    let checksum: UInt32
    let runs: [Run]

    var flags: UInt16 {
        let hasLetters = batch.journal.contains { entry in
            if case .letter = entry { true } else { false }
        }
        return (hasLetters ? RecordFrame.hasLetters : 0)
            | (batch.journal.isEmpty ? 0 : RecordFrame.hasJournal)
    }

    /// Puts `batch` into `buffer`, after checking it.
    ///
    /// - Throws: ``StorageError/tooLarge(byteCount:limit:)``.
    init(_ batch: AppendBatch, in buffer: consuming [UInt8]) throws(StorageError) {
        var payload = buffer
        payload.removeAll(keepingCapacity: true)
        var producers = ProducerRuns()
        let indices = try producers.collect(batch)
        for number in 0..<4 {
            let value =
                switch number {
                case 0: producers.runs.count
                case 1: batch.journal.count
                case 2: producers.runs.reduce(0) { $0 + $1.name.count }
                default: batch.records.reduce(0) { $0 + Int($1.count) }
                }
            payload.appendInteger(UInt32(value))
        }
        for run in producers.runs { payload.appendInteger(UInt32(run.name.count)) }
        for run in producers.runs { payload.append(contentsOf: run.name) }
        Self.appendIndex(of: batch.records, producers: indices, to: &payload)
        Self.appendValues(of: batch, to: &payload)
        for entry in batch.journal {
            if case .redriven(_, let record) = entry {
                precondition(0...batch.records.count ~= record, "a record outside of its batch")
            }
            entry.encode(into: &payload)
        }
        guard payload.count <= 2 * AppendBatch.byteLimit else {
            throw .tooLarge(byteCount: payload.count, limit: 2 * AppendBatch.byteLimit)
        }
        self.batch = batch
        checksum = CRC32C.checksum(of: payload.span)
        self.payload = payload
        runs = producers.runs
    }

    private static func appendIndex(
        of records: [LogRecord],
        producers: [UInt32],
        to bytes: inout [UInt8]
    ) {
        let size = RecordFrame.entrySize
        bytes.append(addingCapacity: size * records.count) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                let raw = UnsafeMutableRawBufferPointer(buffer)
                for index in records.indices {
                    let record = records[index]
                    let at = size * index
                    unsafe raw.storeBytes(
                        of: record.count.littleEndian,
                        toByteOffset: at,
                        as: UInt32.self
                    )
                    unsafe raw.storeBytes(
                        of: producers[index].littleEndian,
                        toByteOffset: at + 4,
                        as: UInt32.self
                    )
                    unsafe raw.storeBytes(
                        of: Int64(record.sequence).littleEndian,
                        toByteOffset: at + 8,
                        as: Int64.self
                    )
                }
                initialized = size * records.count
            }
        }
    }

    /// Copies values; those that lie behind each other in the arena at once.
    private static func appendValues(of batch: AppendBatch, to bytes: inout [UInt8]) {
        var run = 0..<0
        for record in batch.records {
            let range = record.range
            if range.lowerBound == run.upperBound {
                run = run.lowerBound..<range.upperBound
            } else {
                bytes.append(contentsOf: batch.bytes[run])
                run = range
            }
        }
        bytes.append(contentsOf: batch.bytes[run])
    }
}

/// Gathers what the producers of a batch have in it.
private struct ProducerRuns {
    private(set) var runs: [PreparedAppend.Run] = []
    private var indices: [[UInt8]: Int] = [:]
    private var lastRange = 0..<0
    private var lastIndex = 0

    /// Checks the records of `batch`.
    ///
    /// - Returns: The producer of each record, as the frame names it.
    /// - Throws: ``StorageError/tooLarge(byteCount:limit:)``.
    mutating func collect(_ batch: AppendBatch) throws(StorageError) -> [UInt32] {
        var producers: [UInt32] = []
        producers.reserveCapacity(batch.records.count)
        var total = 0
        for record in batch.records {
            precondition(
                record.range.upperBound <= batch.bytes.count
                    && record.producerRange.upperBound <= batch.bytes.count,
                "a record's range lies outside of its arena"
            )
            total += Int(record.count)
            if record.count > AppendBatch.recordLimit {
                throw .tooLarge(byteCount: Int(record.count), limit: AppendBatch.recordLimit)
            }
            if record.producerCount > AppendBatch.producerLimit {
                throw .tooLarge(
                    byteCount: Int(record.producerCount),
                    limit: AppendBatch.producerLimit
                )
            }
            guard record.producerCount > 0 else {
                producers.append(RecordFrame.noProducer)
                continue
            }
            let producer = index(of: record.producerRange, in: batch.bytes)
            producers.append(UInt32(producer))
            if record.sequence >= 0 { note(record.sequence, of: producer) }
        }
        if total > AppendBatch.byteLimit {
            throw .tooLarge(byteCount: total, limit: AppendBatch.byteLimit)
        }
        return producers
    }

    private mutating func note(_ sequence: Int, of producer: Int) {
        if sequence <= runs[producer].highest { runs[producer].isRising = false }
        if runs[producer].lowest < 0 || sequence < runs[producer].lowest {
            runs[producer].lowest = sequence
        }
        runs[producer].highest = max(runs[producer].highest, sequence)
    }

    private mutating func index(of range: Range<Int>, in bytes: [UInt8]) -> Int {
        if range == lastRange { return lastIndex }
        lastRange = range
        if lastIndex < runs.count, bytes[range].elementsEqual(runs[lastIndex].name) {
            return lastIndex
        }
        let name = Array(bytes[range])
        if let known = indices[name] {
            lastIndex = known
        } else {
            lastIndex = runs.count
            indices[name] = lastIndex
            runs.append(PreparedAppend.Run(name: name))
        }
        return lastIndex
    }
}
