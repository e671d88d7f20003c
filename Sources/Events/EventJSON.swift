/// Turns events in JSON into their canonical bytes, in one pass over each and without `String`s.
///
/// One value reads any number of events, one after another, and keeps the room that it needed: after
/// the first few events nothing is allocated. Keys come in any order. Keys that the event's kind
/// does not know are metadata; `null` for a field that may be missing is as if it was missing.
public struct EventJSON: Sendable {
    /// An entry of metadata.
    struct Entry {
        var key: JSONText
        var value: JSONValue
    }

    private let defaultKind: EventKind
    var scanner = JSONScanner()
    /// The values of the keys that are in `seen`; what others hold is of events before.
    ///
    /// An array, so that passing the reader to a method copies a reference and not every value.
    var values: [JSONValue]
    var seen: UInt32 = 0
    var entries: [Entry] = []

    /// - Parameter defaultKind: What an event is that has no `event_type`.
    public init(defaultKind: EventKind = .metering) {
        self.defaultKind = defaultKind
        values = Array(
            repeating: JSONValue(tag: .null, text: JSONText(0..<0, isScratch: false), offset: 0),
            count: JSONKey.allCases.count
        )
    }

    /// Appends the canonical bytes of the event that `json` is, all of it.
    ///
    /// - Parameters:
    ///   - json: One JSON object in UTF-8, perhaps between white space, of less than 4 GiB.
    ///   - out: The arena; on an error it is as it was.
    /// - Returns: Where in the arena the event and its keys are.
    /// - Throws: ``EventError`` with the field's key and the offset in `json`.
    public mutating func canonicalize(
        _ json: Span<UInt8>,
        into out: inout [UInt8]
    ) throws(EventError) -> EventKeys {
        guard json.count < UInt32.max else { throw EventError(.tooLarge) }
        scanner.reset()
        seen = 0
        entries.removeAll(keepingCapacity: true)
        try object(json)
        scanner.skipSpace(json)
        guard scanner.index == json.count else {
            throw EventError(.malformedJSON, at: scanner.index)
        }
        let kind = try kind(json)
        let fields = try fields(kind, json)
        let foreign = seen & ~JSONKey.known(kind)
        if foreign != 0 { try moveToMetadata(foreign, json) }
        try sortEntries(json)
        return try Self.write(fields, entries, json, scanner.scratch.span, into: &out)
    }

    /// Reads the members of the event.
    private mutating func object(_ json: Span<UInt8>) throws(EventError) {
        try scanner.expect("{", json)
        if scanner.takes("}", json) { return }
        repeat {
            let text = try scanner.key(json)
            try scanner.expect(":", json)
            let found =
                text.isScratch
                ? JSONKey.find(scanner.scratch.span, text.range)
                : JSONKey.find(json, text.range)
            guard let key = found else {
                try entry(text, json, depth: 1)
                continue
            }
            guard seen & key.bit == 0 else {
                throw EventError(.duplicate, field: key.name, at: Int(text.start) - 1)
            }
            seen |= key.bit
            if key == .metadata, try metadata(json) { continue }
            do throws(EventError) {
                values[Int(key.rawValue)] = try scanner.value(json, depth: 1)
            } catch {
                let isArray = key == .metadata && error.problem == .nested
                throw EventError(
                    isArray ? .wrongType : error.problem,
                    field: key.name,
                    at: error.offset
                )
            }
        } while try scanner.hasNext("}", json)
    }

    /// Reads the object `metadata`, or returns false if it is none.
    private mutating func metadata(_ json: Span<UInt8>) throws(EventError) -> Bool {
        guard scanner.takes("{", json) else { return false }
        values[Int(JSONKey.metadata.rawValue)].tag = .null
        if scanner.takes("}", json) { return true }
        repeat {
            let text: JSONText
            do throws(EventError) {
                text = try scanner.key(json)
                try scanner.expect(":", json)
            } catch {
                throw EventError(error.problem, field: "metadata", at: error.offset)
            }
            try entry(text, json, depth: 2)
        } while try scanner.hasNext("}", json)
        return true
    }

    /// Reads the value of a key that goes to metadata.
    @inline(__always)
    private mutating func entry(
        _ key: JSONText,
        _ json: Span<UInt8>,
        depth: Int
    ) throws(EventError) {
        do throws(EventError) {
            let value = try scanner.value(json, depth: depth)
            if value.tag == .number, let problem = Metadata.problem(json, value.text.range) {
                throw EventError(problem, at: Int(value.offset))
            }
            entries.append(Entry(key: key, value: value))
        } catch {
            throw EventError(error.problem, field: string(key, json), at: error.offset)
        }
    }

    /// The text as a `String`, for errors.
    func string(_ text: JSONText, _ json: Span<UInt8>) -> String {
        text.isScratch ? scanner.scratch.span.text(text.range) : json.text(text.range)
    }

    private func kind(_ json: Span<UInt8>) throws(EventError) -> EventKind {
        let version = values[Int(JSONKey.schemaVersion.rawValue)]
        if seen & JSONKey.schemaVersion.bit != 0, version.tag != .null {
            let isOne = version.tag == .number && json.text(version.text.range) == "1"
            guard isOne else {
                throw EventError(
                    version.tag == .number ? .unsupportedVersion : .wrongType,
                    field: "schema_version",
                    at: Int(version.offset)
                )
            }
        }
        let type = values[Int(JSONKey.eventType.rawValue)]
        guard seen & JSONKey.eventType.bit != 0, type.tag != .null else { return defaultKind }
        guard type.tag == .text else {
            throw EventError(.wrongType, field: "event_type", at: Int(type.offset))
        }
        guard let kind = EventKind(name: string(type.text, json)) else {
            throw EventError(.unknownValue, field: "event_type", at: Int(type.offset))
        }
        return kind
    }

    /// Makes metadata of keys that only other kinds know.
    private mutating func moveToMetadata(
        _ foreign: UInt32,
        _ json: Span<UInt8>
    ) throws(EventError) {
        for key in JSONKey.allCases where foreign & key.bit != 0 {
            let value = values[Int(key.rawValue)]
            if value.tag == .number, let problem = Metadata.problem(json, value.text.range) {
                throw EventError(problem, field: key.name, at: Int(value.offset))
            }
            entries.append(Entry(key: scanner.scratch(key.name), value: value))
        }
    }
}
