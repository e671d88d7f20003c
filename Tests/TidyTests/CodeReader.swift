/// Takes comments and texts out of Swift, so that a rule about code meets nothing but code.
///
/// Every character of a comment or a text becomes a space, line ends stay. What is interpolated
/// into a text is code.
struct CodeReader {
    private enum Place {
        case code(parentheses: Int)
        case text(delimiter: String, escape: String)
        case lineComment
        case blockComment(depth: Int)
    }

    private var places: [Place] = [.code(parentheses: 0)]
    private var code = ""

    static func code(of text: String) -> String {
        var reader = Self()
        var rest = text[...]
        while !rest.isEmpty { reader.step(&rest) }
        return reader.code
    }

    private mutating func step(_ rest: inout Substring) {
        switch places[places.count - 1] {
        case .code(let parentheses): stepInCode(&rest, parentheses)
        case .text(let delimiter, let escape): stepInText(&rest, delimiter, escape)
        case .lineComment:
            if rest.first == "\n" { places.removeLast() }
            blank(&rest, 1)
        case .blockComment(let depth):
            if rest.hasPrefix("/*") {
                places[places.count - 1] = .blockComment(depth: depth + 1)
                blank(&rest, 2)
            } else if rest.hasPrefix("*/") {
                places[places.count - 1] = .blockComment(depth: depth - 1)
                if depth == 1 { places.removeLast() }
                blank(&rest, 2)
            } else {
                blank(&rest, 1)
            }
        }
    }

    private mutating func stepInCode(_ rest: inout Substring, _ parentheses: Int) {
        if rest.hasPrefix("//") { return places.append(.lineComment) }
        if rest.hasPrefix("/*") {
            places.append(.blockComment(depth: 1))
            return blank(&rest, 2)
        }
        let pounds = rest.prefix { $0 == "#" }
        let opened = rest.dropFirst(pounds.count)
        if opened.first == "\"" {
            let quotes = opened.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
            places.append(.text(delimiter: quotes + pounds, escape: "\\" + pounds))
            return blank(&rest, pounds.count + quotes.count)
        }
        if rest.first == "(" { places[places.count - 1] = .code(parentheses: parentheses + 1) }
        if rest.first == ")" {
            places[places.count - 1] = .code(parentheses: parentheses - 1)
            if parentheses == 1, places.count > 1 { places.removeLast() }
        }
        code.append(rest.removeFirst())
    }

    private mutating func stepInText(
        _ rest: inout Substring,
        _ delimiter: String,
        _ escape: String
    ) {
        if rest.hasPrefix(escape + "(") {
            blank(&rest, escape.count)
            places.append(.code(parentheses: 0))
        } else if rest.hasPrefix(escape) {
            blank(&rest, escape.count + 1)
        } else if rest.hasPrefix(delimiter) {
            places.removeLast()
            blank(&rest, delimiter.count)
        } else {
            blank(&rest, 1)
        }
    }

    private mutating func blank(_ rest: inout Substring, _ count: Int) {
        for character in rest.prefix(count) { code.append(character == "\n" ? "\n" : " ") }
        rest = rest.dropFirst(count)
    }
}
