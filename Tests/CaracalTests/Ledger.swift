import Foundation
import Testing

/// A caracal folder of a test, with the commands on it.
struct Ledger: Sendable {
    let scratch: Scratch
    let path: String
    let vkey: String

    /// Makes an empty one.
    init(origin: String = "test.example/log") throws {
        scratch = try Scratch()
        path = scratch("ledger")
        let outcome = try Caracal.run("init", path, "--origin", origin)
        try #require(outcome.code == 0, "\(outcome.errors)")
        vkey = outcome.lastLine
    }

    /// A copy of `other`, in a scratch folder of its own.
    init(copying other: Ledger) throws {
        scratch = try Scratch()
        path = scratch("ledger")
        vkey = other.vkey
        try FileManager.default.copyItem(atPath: other.path, toPath: path)
    }

    /// One with `rows` rows of the trace in it, ingested and run.
    static func filled(rows: Int = 300) throws -> Ledger {
        let ledger = try Ledger()
        let file = try ledger.scratch.file("trace.csv", try traceText(rows: rows))
        let ingested = try Caracal.run("ingest", ledger.path, file)
        try #require(ingested.code == 0, "\(ingested.errors)")
        try ledger.drain()
        return ledger
    }

    /// One with these events in it, a line each, ingested and run.
    static func holding(_ lines: [String]) throws -> Ledger {
        let ledger = try Ledger()
        let text = lines.map { $0 + "\n" }.joined()
        let ingested = try ledger.run("ingest", ledger.scratch.file("events.ndjson", text))
        try #require(ingested.code == 0, "\(ingested.errors)")
        try ledger.drain()
        return ledger
    }

    /// One of 300 rows, made once: for tests that only read, or that copy it.
    static let shared = Result { try filled() }

    /// One of all 19,366 rows, made once.
    static let whole = Result {
        let ledger = try Ledger()
        let ingested = try Caracal.run("ingest", ledger.path, Caracal.trace)
        try #require(ingested.code == 0, "\(ingested.errors)")
        try ledger.drain()
        return ledger
    }

    @discardableResult
    func drain() throws -> Caracal.Outcome {
        let outcome = try Caracal.run("run", path, "--until-drained")
        try #require(outcome.code == 0, "\(outcome.errors)")
        return outcome
    }

    /// Runs `caracal COMMAND DIR WORDS…`.
    func run(_ command: String, _ words: String...) throws -> Caracal.Outcome {
        try Caracal.run(command.split(separator: " ").map(String.init) + [path] + words)
    }

    func status() throws -> [String: Any] {
        try object(of: run("status", "--json"))
    }

    /// The root as the status says it.
    func root() throws -> String {
        try #require(try status()["root"] as? String)
    }

    /// The canonical bytes of every entry, as the exported bundles have them.
    func canonicalEntries() throws -> [[UInt8]] {
        let out = scratch("bundles-\(UUID().uuidString)")
        try #require(try run("tiles", out).code == 0)
        let size = try #require(try status()["size"] as? Int)
        var entries: [[UInt8]] = []
        for start in stride(from: 0, to: size, by: 256) {
            let number = String(start / 256)
            let name = String(repeating: "0", count: 3 - number.count) + number
            let width = min(256, size - start)
            let path = "\(out)/tile/entries/\(name)\(width < 256 ? ".p/\(width)" : "")"
            var rest = Array(try Data(contentsOf: URL(filePath: path)))[...]
            while !rest.isEmpty {
                let count = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
                entries.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
        }
        try #require(entries.count == size)
        return entries
    }

    /// The tree over them.
    func naiveLog() throws -> NaiveLog { NaiveLog(entries: try canonicalEntries()) }

    /// Every file in the folder, relative to it, locks left out.
    func files() throws -> [String] {
        let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return try all.filter { name in
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
            return attributes[.type] as? FileAttributeType == .typeRegular
                && !name.hasSuffix(".lock")
        }.sorted()
    }

    /// Flips one bit of a file in the folder.
    func flip(_ name: String, at place: Int, bit: Int = 0) throws {
        let url = URL(filePath: path).appending(path: name)
        var bytes = try Data(contentsOf: url)
        bytes[place] ^= 1 << bit
        try bytes.write(to: url)
    }
}

/// The first `rows` rows of the trace, with its header.
func traceText(rows: Int) throws -> String {
    let text = try String(contentsOfFile: Caracal.trace, encoding: .utf8)
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    return lines.prefix(rows + 1).joined(separator: "\r\n") + "\r\n"
}

/// One metering event as a line of JSON.
func eventLine(
    _ number: Int,
    agent: String = "agent-a",
    id: String? = nil,
    cost: String = "0.25",
    producer: String? = nil
) -> String {
    let id = id ?? "event-\(number)"
    // A producer without a sequence: such an event is known by its id.
    let producer = producer.map { #""producer_id":"\#($0)","# } ?? ""
    return #"{"event_id":"\#(id)","agent_id":"\#(agent)","#
        + #""resource_type":"llm_call","timestamp":\#(1_700_000_000_000 + number),"#
        + #""cost":\#(cost),"currency":"USD",\#(producer)"quantity":\#(number)}"#
}

/// The JSON object that a command printed.
func object(of outcome: Caracal.Outcome) throws -> [String: Any] {
    try #require(
        try JSONSerialization.jsonObject(with: outcome.outputBytes) as? [String: Any],
        "\(outcome.output)\(outcome.errors)"
    )
}
