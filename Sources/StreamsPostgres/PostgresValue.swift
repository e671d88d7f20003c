/// A parameter of a statement, sent in binary.
public enum PostgresValue: Hashable, Sendable {
    /// The type follows from the statement.
    case null
    /// A `bigint`.
    case integer(Int)
    case bool(Bool)
    case text(String)
    case bytes([UInt8])
    /// A `bigint[]`.
    case integers([Int])
    /// A `bytea[]`.
    case byteStrings([[UInt8]])
    /// A `text[]`.
    case texts([String])

    /// The number of the type in every database.
    var type: UInt32 {
        switch self {
        case .null: 0
        case .integer: 20
        case .bool: 16
        case .text: 25
        case .bytes: 17
        case .integers: 1016
        case .byteStrings: 1001
        case .texts: 1009
        }
    }

    /// The value in the server's binary form, or `nil` for NULL.
    var encoded: [UInt8]? {
        switch self {
        case .null: nil
        case .integer(let value): Self.bigEndian(value)
        case .bool(let value): [value ? 1 : 0]
        case .text(let value): Array(value.utf8)
        case .bytes(let value): value
        case .integers(let values): Self.array(values, of: 20, Self.bigEndian)
        case .byteStrings(let values): Self.array(values, of: 17) { $0 }
        case .texts(let values): Self.array(values, of: 25) { Array($0.utf8) }
        }
    }

    private static func array<Element>(
        _ values: [Element],
        of type: Int32,
        _ encode: (Element) -> [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: Int32) {
            for shift in [24, 16, 8, 0] {
                bytes.append(UInt8(truncatingIfNeeded: value >> Int32(shift)))
            }
        }
        append(values.isEmpty ? 0 : 1)
        append(0)
        append(type)
        guard !values.isEmpty else { return bytes }
        append(Int32(clamping: values.count))
        append(1)
        for value in values {
            let element = encode(value)
            append(Int32(clamping: element.count))
            bytes += element
        }
        return bytes
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    }
}

/// A statement with its parameters, `$1` and so on.
public struct PostgresStatement: Hashable, Sendable {
    public let sql: String
    public let parameters: [PostgresValue]

    public init(_ sql: String, _ parameters: [PostgresValue] = []) {
        self.sql = sql
        self.parameters = parameters
    }
}
