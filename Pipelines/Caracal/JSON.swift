/// A JSON value to be written: members keep the order that they are given in.
enum JSON: Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case text(String)
    case array([JSON])
    case object([(key: String, value: JSON)])

    /// On one line, without spaces.
    var description: String {
        var out = ""
        write(to: &out)
        return out
    }

    /// For people: a text without its quotation marks.
    var plain: String {
        if case .text(let text) = self { text } else { description }
    }

    private func write(to out: inout String) {
        switch self {
        case .null: out += "null"
        case .boolean(let boolean): out += boolean ? "true" : "false"
        case .integer(let integer): out += String(integer)
        case .text(let text): Self.write(text, to: &out)
        case .array(let items):
            out += "["
            for (index, item) in items.enumerated() {
                if index > 0 { out += "," }
                item.write(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { out += "," }
                Self.write(member.key, to: &out)
                out += ":"
                member.value.write(to: &out)
            }
            out += "}"
        }
    }

    private static func write(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": out += "\\\(scalar)"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case ..<" ":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    init(stringLiteral text: String) { self = .text(text) }
    init(integerLiteral integer: Int) { self = .integer(integer) }
    init(booleanLiteral boolean: Bool) { self = .boolean(boolean) }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    init(dictionaryLiteral members: (String, JSON)...) { self = .object(members.map { $0 }) }
    init(arrayLiteral items: JSON...) { self = .array(items) }
}
