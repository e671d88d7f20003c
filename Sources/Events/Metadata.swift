/// What an event says beyond its fields: values by key, in the order of the keys' bytes.
public struct Metadata: Sendable {
    /// A value, as it was given.
    public enum Value: Sendable {
        case null
        case bool(Bool)
        /// A number by JSON's grammar; `1.0` and `1` are two values.
        case number(String)
        case text(String)
    }

    /// The entries, each key once, sorted by the keys' bytes.
    public let entries: [(key: String, value: Value)]

    /// No metadata.
    public static let none = Metadata(sorted: [])

    /// Puts `entries` in order.
    ///
    /// - Throws: ``EventError``, if two have one key or a number is none.
    public init(_ entries: [(key: String, value: Value)]) throws(EventError) {
        for entry in entries {
            guard case .number(let text) = entry.value else { continue }
            let utf8 = Array(text.utf8)
            if let problem = Self.problem(utf8.span, 0..<utf8.count) {
                throw EventError(problem, field: entry.key)
            }
        }
        let sorted = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (one, next) in zip(sorted, sorted.dropFirst())
        where one.key.utf8.elementsEqual(next.key.utf8) {
            throw EventError(.duplicate, field: one.key)
        }
        self.entries = sorted
    }

    /// Takes entries that are known to be in order.
    init(sorted entries: [(key: String, value: Value)]) {
        self.entries = entries
    }

    /// What is wrong with a number, if anything is.
    @inline(__always)
    static func problem(_ bytes: Span<UInt8>, _ range: Range<Int>) -> EventError.Problem? {
        guard range.count <= EventLimits.numberBytes else { return .tooLong }
        guard NumberGrammar.end(bytes, range) == range.upperBound else { return .notANumber }
        return NumberGrammar.isInRange(bytes, range) ? nil : .overflow
    }

    /// The value of `key`, or `nil` if there is none.
    public subscript(key: String) -> Value? {
        entries.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }
}

extension Metadata.Value {
    /// Its mark in the canonical form.
    var tag: MetadataTag {
        switch self {
        case .null: .null
        case .bool(false): .no
        case .bool(true): .yes
        case .number: .number
        case .text: .text
        }
    }

    /// The bytes behind the mark, if any are.
    var text: String? {
        switch self {
        case .null, .bool: nil
        case .number(let text), .text(let text): text
        }
    }
}
