import Events
import Foundation

/// Reading and writing events, beside Foundation's coders for the same bytes.
enum CodecWork {
    private static let corpus = Corpus(count: 20_000)
    /// Foundation's coders take so few, since they are slow.
    private static let peerCount = 4_000

    private static func line(_ index: Int) -> Range<Int> {
        index * Corpus.eventLength..<(index + 1) * Corpus.eventLength
    }

    static func figures(_: Surroundings) async throws -> [Figure] {
        let decoder = try await decoderTime()
        let encoder = try await encoderTime()
        func figure(
            _ name: String,
            _ time: Double,
            _ peer: (String, Double)?,
            goal: Double?
        )
            -> Figure
        {
            Figure(
                name: name,
                value: time,
                unit: "ns/event",
                better: .less,
                reference: peer.map { Figure.Reference(name: $0.0, value: $0.1) },
                goal: goal
            )
        }
        return try await [
            figure("codec.scan", scanTime(), ("JSONDecoder", decoder), goal: 15),
            figure("codec.write.canonical", canonicalTime(), ("JSONEncoder", encoder), goal: 20),
            figure("codec.write.json", jsonTime(), ("JSONEncoder", encoder), goal: nil),
            figure("codec.view", viewTime(), nil, goal: nil),
        ]
    }

    /// The canonical bytes of all events, and where each lies.
    private static func canonical() throws -> (bytes: [UInt8], ranges: [Range<Int>]) {
        var reader = EventJSON()
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        let json = corpus.bytes
        for index in 0..<corpus.count {
            let start = bytes.count
            _ = try reader.canonicalize(json.span.extracting(line(index)), into: &bytes)
            ranges.append(start..<bytes.count)
        }
        return (bytes, ranges)
    }

    private static func nanoseconds(_ timing: Timing, _ count: Int) -> Double {
        timing.median * 1e9 / Double(count)
    }

    private static func scanTime() async throws -> Double {
        var reader = EventJSON()
        var bytes: [UInt8] = []
        let json = corpus.bytes
        let timing = try await measure {
            bytes.removeAll(keepingCapacity: true)
            for index in 0..<corpus.count {
                _ = try reader.canonicalize(
                    json.span.extracting(line(index)),
                    into: &bytes
                )
            }
        }
        blackHole(bytes.count)
        return nanoseconds(timing, corpus.count)
    }

    private static func canonicalTime() async throws -> Double {
        let (bytes, ranges) = try canonical()
        let events = try ranges.map { try Event(canonical: bytes.span.extracting($0)) }
        var out: [UInt8] = []
        let timing = try await measure {
            out.removeAll(keepingCapacity: true)
            for event in events { event.appendCanonical(to: &out) }
        }
        guard out == bytes else { throw WrongChecksum(text: "canonical bytes differ") }
        return nanoseconds(timing, events.count)
    }

    private static func jsonTime() async throws -> Double {
        let (bytes, ranges) = try canonical()
        var out: [UInt8] = []
        let timing = try await measure {
            out.removeAll(keepingCapacity: true)
            for range in ranges {
                let view = try EventView(validating: bytes.span, in: range)
                view.appendJSON(bytes.span, to: &out)
            }
        }
        blackHole(out.count)
        return nanoseconds(timing, ranges.count)
    }

    private static func viewTime() async throws -> Double {
        let (bytes, ranges) = try canonical()
        var sum = 0
        let timing = try await measure {
            for range in ranges {
                sum &+= try EventView(validating: bytes.span, in: range).eventID.count
            }
        }
        blackHole(sum)
        return nanoseconds(timing, ranges.count)
    }

    private static func decoderTime() async throws -> Double {
        let lines = (0..<peerCount).map { Data(corpus.bytes[line($0)]) }
        let decoder = JSONDecoder()
        var sum = 0
        let timing = try await measure {
            for data in lines {
                sum &+= try decoder.decode(MeteringJSON.self, from: data).amount.utf8.count
            }
        }
        blackHole(sum)
        return nanoseconds(timing, peerCount)
    }

    private static func encoderTime() async throws -> Double {
        let decoder = JSONDecoder()
        let events = try (0..<peerCount).map {
            try decoder.decode(MeteringJSON.self, from: Data(corpus.bytes[line($0)]))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var sum = 0
        let timing = try await measure {
            for event in events { sum &+= try encoder.encode(event).count }
        }
        blackHole(sum)
        return nanoseconds(timing, peerCount)
    }
}
