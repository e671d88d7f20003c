import Events
import Foundation
import StreamsTesting

/// Records for a topic, made of a seed: events of the sample trace, most of them damaged, and what
/// becomes of each in a ledger.
struct HostileRecords {
    struct Record {
        var partition: Int
        var key: [UInt8]?
        /// `nil` is a tombstone.
        var value: [UInt8]?
        var headers: [(name: String, value: [UInt8])] = []
        /// Its place in a sequence, if its headers say one.
        var place: (producer: String, sequence: Int)?
    }

    /// What a ledger of one partition has after some records.
    struct Ledger: Equatable {
        var entries: [[UInt8]] = []
        var letters: [String: Int] = [:]
        var repeats = 0
        private var marks: [String: Int] = [:]
        /// Canonical bytes by identifier.
        private var known: [[UInt8]: [UInt8]] = [:]

        /// Follows the contract, one record at a time.
        mutating func add(_ record: Record, _ reader: inout EventJSON) {
            var arena: [UInt8] = []
            let value = record.value ?? []
            let keys: EventKeys
            do throws(EventError) {
                keys = try reader.canonicalize(value.span, into: &arena)
            } catch {
                letters[error.problem == .tooLarge ? "too_large" : "malformed_event", default: 0] +=
                    1
                return
            }
            let bytes = Array(arena[keys.range.range])
            let id = Array(arena[keys.eventID.range])
            if let place = record.place {
                guard place.sequence > marks[place.producer] ?? -1 else {
                    repeats += 1
                    return
                }
                marks[place.producer] = place.sequence
            } else if let before = known[id] {
                if before == bytes { repeats += 1 } else { letters["id_conflict", default: 0] += 1 }
                return
            }
            known[id] = bytes
            entries.append(bytes)
        }
    }

    static let partitions = 2
    private var random: SeededGenerator
    private let rows: [Substring]
    private var sequence = 0

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appending(path: "Samples/Data/AzureLLMInferenceTrace_conv.csv")
        rows = try String(contentsOf: path, encoding: .utf8).split(whereSeparator: \.isNewline)
    }

    /// The event of a row of the trace.
    private func event(_ number: Int) -> [UInt8] {
        let row = rows[1 + number % (rows.count - 1)].split(separator: ",")
        return Array(
            """
            {"event_id":"t-\(number)","agent_id":"agent-\(number % 16)","resource_type":"llm_call",\
            "timestamp":"\(row[0].replacing(" ", with: "T"))","quantity":\(row[1]),\
            "cost":"0.\(row[2])","currency":"USD","metadata":{"input_tokens":\(row[1]),\
            "output_tokens":\(row[2]),"model":"größe 🦊"}}
            """.utf8
        )
    }

    mutating func record(_ number: Int) -> Record {
        var record = Record(
            partition: number % 7 % Self.partitions,
            key: Array("agent-\(number % 16)".utf8),
            value: event(number)
        )
        if number % 5 == 0 { record.key = number % 10 == 0 ? nil : noise(1...40) }
        switch number % 10 {
        case 0, 1: break
        case 2: place(&record)
        case 3, 4, 5, 6: record.value = damaged(event(number))
        case 7:
            // One that is in the ledger by now, if it was an event; or another with its name.
            let other = max(0, number - 67)
            record.partition = other % 7 % Self.partitions
            record.value = event(other)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: record.value?.insert(UInt8(ascii: " "), at: 1)
            case 1: record.value?.replace("USD".utf8, with: "EUR".utf8)
            default: break
            }
        case 8: addOddHeaders(&record)
        default: record.value = unlike(number)
        }
        return record
    }

    private mutating func place(_ record: inout Record) {
        // Some come twice, some from a past that is gone.
        sequence += Int.random(in: -1...3, using: &random)
        let name = "producer-\(Int.random(in: 0..<3, using: &random))"
        record.place = (name, max(0, sequence))
        record.headers = [
            ("caracal-producer", Array(name.utf8)),
            ("caracal-sequence", Array("\(max(0, sequence))".utf8)),
        ]
    }

    /// Headers that name no place in a sequence.
    private mutating func addOddHeaders(_ record: inout Record) {
        let producer = ("caracal-producer", Array("p".utf8))
        let number = ("caracal-sequence", Array("7".utf8))
        let numbers = ["", "x", "007", "-5", "99999999999999999999", "1.5", " 7", "٣"]
        let all: [[(String, [UInt8])]] = [
            [producer], [number], [("caracal-producer", []), number],
            [("caracal-producer", [0xFF, 0xC0]), number],
            [("caracal-producer", Array(repeating: 97, count: 1_025)), number],
            [
                producer,
                ("caracal-sequence", Array((numbers.randomElement(using: &random) ?? "").utf8)),
            ],
            [producer, ("caracal-sequence", [0xFF])],
            [("traceparent", noise(0...300)), ("", []), ("CARACAL-PRODUCER", [97]), number],
            (0..<100).map { ("h\($0)", noise(0...9)) },
        ]
        record.headers = all.randomElement(using: &random) ?? []
    }

    /// A value that is no damaged event.
    private mutating func unlike(_ number: Int) -> [UInt8]? {
        if number % 500 == 9 {
            // Over the limit, and white space that leaves an event of the usual size.
            var value = event(number)
            if Bool.random(using: &random) {
                value += Array(repeating: UInt8(ascii: " "), count: 70_000)
            } else {
                let text = String(repeating: "x", count: 7_000)
                let members = (0..<10).map { "\"m\($0)\":\"\(text)\"," }.joined()
                value.replace("\"input_tokens".utf8, with: "\(members)\"input_tokens".utf8)
            }
            return value
        }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return nil
        case 1: return []
        case 2: return noise(1...400)
        case 3: return Array(repeating: UInt8(ascii: "["), count: 5_000)
        case 4: return Array("{\"event_id\":\"t-\(number)\"}".utf8)
        default: return Array("null".utf8)
        }
    }

    private mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0...2, using: &random) where bytes.count > 4 {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let end = Int.random(in: place...min(place + 20, bytes.count), using: &random)
            switch Int.random(in: 0..<9, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3: bytes.removeSubrange(place...)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 5: bytes[place] = 0
            case 6: bytes.replace("0.".utf8, with: "99999999999999999999.".utf8, maxReplacements: 1)
            case 7: bytes.replace("t-".utf8, with: "\\u0000'; DROP TABLE x; --".utf8)
            default:
                bytes.replace("USD".utf8, with: ["usd", "US", "€€€", "U\\u0053D"][place % 4].utf8)
            }
        }
        return bytes
    }

    private mutating func noise(_ counts: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: counts, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
    }
}
