import Streams

/// What the frames of a partition add up to, beside its records.
///
/// It is rebuilt when the log is opened: every segment begins with a summary of those before it, so
/// that only the newest one is read. A summary is a frame of kind 2 without records whose payload is,
/// as in `JournalCoding`: UInt64 letters so far, UInt64 number of producers, (name, UInt64 highest
/// sequence) each, UInt64 number of sources, progress each, UInt64 number of letters re-driven, (id,
/// UInt64 offset) each; each list sorted.
struct LogState: Equatable, Sendable {
    static let summaryKind: UInt16 = 2

    /// The highest sequence of each producer.
    private(set) var marks: [[UInt8]: Int] = [:]
    private(set) var progress: [String: SourceProgress] = [:]
    /// The offset at which each letter that was sent again lies.
    private(set) var redriven: [String: Int] = [:]
    private(set) var letters = 0
    /// About how long the summary is, in bytes.
    private(set) var byteCount = 0

    /// The most bytes of a summary: a partition takes so many names of producers, sources and letters.
    static let byteLimit = 16 << 20

    static func == (first: Self, second: Self) -> Bool {
        first.marks == second.marks && first.progress == second.progress
            && first.redriven == second.redriven && first.letters == second.letters
    }

    /// Adds what a frame's records say.
    mutating func raise(_ producer: [UInt8], to sequence: Int) {
        if let mark = marks[producer] {
            marks[producer] = max(mark, sequence)
        } else {
            marks[producer] = sequence
            byteCount += Self.size(of: producer)
        }
    }

    /// Whether the summary stays within its limit with all that `append` names.
    func hasRoom(for append: PreparedAppend) -> Bool {
        var size = byteCount
        for run in append.runs where marks[run.name] == nil { size += Self.size(of: run.name) }
        for entry in append.batch.journal where !isKnown(entry) { size += Self.size(of: entry) }
        return size <= Self.byteLimit
    }

    private static func size(of name: some Collection<UInt8>) -> Int { 12 + name.count }

    private static func size(of entry: JournalEntry) -> Int {
        switch entry {
        case .progress(let progress): 24 + size(of: progress.source.utf8) + progress.digest.count
        case .letter: 0
        case .redriven(let letter, _): size(of: letter.utf8)
        }
    }

    /// Adds what the journal of a frame says whose first record has the offset `base`.
    mutating func add(_ journal: [JournalEntry], base: Int) {
        for entry in journal {
            byteCount += isKnown(entry) ? 0 : Self.size(of: entry)
            switch entry {
            case .progress(let progress): self.progress[progress.source] = progress
            case .letter: letters += 1
            case .redriven(let letter, let record): redriven[letter] = base + record
            }
        }
    }

    private func isKnown(_ entry: JournalEntry) -> Bool {
        switch entry {
        case .progress(let progress): self.progress[progress.source] != nil
        case .letter: true
        case .redriven(let letter, _): redriven[letter] != nil
        }
    }

    /// Adds a frame of either kind.
    ///
    /// - Returns: Why it is not right, or `nil` if it is.
    mutating func add(_ header: FrameHeader, _ payload: Span<UInt8>) -> String? {
        switch header.kind {
        case Self.summaryKind:
            guard header.count == 0, let summary = LogState(summary: payload) else {
                return "the summary is not right"
            }
            self = summary
            return nil
        case RecordFrame.kind:
            guard let frame = RecordFrame(payload, count: header.count),
                let producers = frame.producerRanges(payload),
                let journal = frame.journalEntries(payload)
            else { return "the parts of the frame do not fit" }
            add(journal, base: header.base)
            return addMarks(of: frame, producers, header, payload)
        case let kind:
            return "a frame of unknown kind \(kind)"
        }
    }

    private mutating func addMarks(
        of frame: RecordFrame,
        _ producers: [Range<Int>],
        _ header: FrameHeader,
        _ payload: Span<UInt8>
    ) -> String? {
        let names = producers.map { Array(payload.extracting($0)) }
        var highest = names.map { marks[$0] ?? -1 }
        for record in 0..<header.count {
            let entry = frame.index.lowerBound + RecordFrame.entrySize * record
            let producer = payload.integer(at: entry + 4, as: UInt32.self)
            let sequence = payload.integer(at: entry + 8, as: Int64.self)
            if producer == RecordFrame.noProducer || sequence < 0 { continue }
            guard producer < names.count else {
                return "a record names a producer that is not there"
            }
            guard sequence > highest[Int(producer)] else {
                return "offset \(header.base + record): sequence \(sequence) is not above the last"
            }
            highest[Int(producer)] = Int(sequence)
        }
        for (name, sequence) in zip(names, highest) where sequence >= 0 {
            raise(name, to: sequence)
        }
        return nil
    }

    /// The payload of a summary.
    var summary: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendInteger(UInt64(letters))
        bytes.appendInteger(UInt64(marks.count))
        for (name, sequence) in marks.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            bytes.appendString(name)
            bytes.appendInteger(UInt64(sequence))
        }
        bytes.appendInteger(UInt64(progress.count))
        for (_, progress) in progress.sorted(by: { $0.key < $1.key }) {
            progress.encode(into: &bytes)
        }
        bytes.appendInteger(UInt64(redriven.count))
        for (letter, offset) in redriven.sorted(by: { $0.key < $1.key }) {
            bytes.appendString(letter.utf8)
            bytes.appendInteger(UInt64(offset))
        }
        return bytes
    }

    init() {}

    init?(summary: Span<UInt8>) {
        var reader = ByteReader(Array(summary))
        guard let letters = reader.count(UInt64.self), let names = reader.count(UInt64.self) else {
            return nil
        }
        self.letters = letters
        for _ in 0..<names {
            guard let name = reader.string(), let mark = reader.number(UInt64.self) else {
                return nil
            }
            raise(name, to: mark)
        }
        guard let sources = reader.count(UInt64.self) else { return nil }
        for _ in 0..<sources {
            guard let progress = SourceProgress(&reader) else { return nil }
            add([.progress(progress)], base: 0)
        }
        guard let sent = reader.count(UInt64.self) else { return nil }
        for _ in 0..<sent {
            guard let letter = reader.text(), let offset = reader.count(UInt64.self) else {
                return nil
            }
            add([.redriven(letter: letter, record: offset)], base: 0)
        }
        guard reader.isAtEnd else { return nil }
    }
}

extension LogState {
    /// What of a batch the log does not have yet.
    enum Novelty {
        case all
        case nothing
        /// This part; so many records are there already.
        case part(AppendBatch, alreadyThere: Int)
    }

    /// Decides what of `append` is new.
    ///
    /// A record whose sequence is not above its producer's mark is not. Progress that does not go
    /// beyond what is known takes the letters beside it along. A letter that was sent again before
    /// makes the whole batch old.
    func novelty(of append: PreparedAppend) -> Novelty {
        var isRepeated = false
        for entry in append.batch.journal {
            switch entry {
            case .redriven(let letter, _) where redriven[letter] != nil: return .nothing
            case .progress(let progress):
                if let known = self.progress[progress.source], known.rows >= progress.rows {
                    isRepeated = true
                }
            case .redriven, .letter: break
            }
        }
        let isRising = append.runs.allSatisfy { run in
            run.lowest < 0 || (run.isRising && run.lowest > marks[run.name] ?? -1)
        }
        return isRising && !isRepeated ? .all : .part(isRepeated, of: append.batch, marks)
    }
}

extension LogState.Novelty {
    fileprivate static func part(
        _ isRepeated: Bool,
        of batch: AppendBatch,
        _ marks: [[UInt8]: Int]
    ) -> Self {
        var marks = marks
        var part = AppendBatch(bytes: batch.bytes)
        var places: [Int] = []
        for record in batch.records {
            places.append(part.records.count)
            if record.producerCount > 0, record.sequence >= 0 {
                let name = Array(batch.bytes[record.producerRange])
                guard record.sequence > marks[name] ?? -1 else { continue }
                marks[name] = record.sequence
            }
            part.records.append(record)
        }
        for entry in batch.journal {
            switch entry {
            case .progress, .letter: if !isRepeated { part.journal.append(entry) }
            case .redriven(let letter, let record):
                part.journal.append(.redriven(letter: letter, record: places[record]))
            }
        }
        let alreadyThere = batch.records.count - part.records.count
        if part.records.isEmpty, part.journal.isEmpty { return .nothing }
        return .part(part, alreadyThere: alreadyThere)
    }
}
