/// What a parameter is called, and what help says of it.
public struct Declaration: Sendable {
    /// What the user writes: `--index`, or `ENTRY` for a positional argument.
    let label: String
    /// Another way to write an option, such as `-o`.
    var short: String?
    /// What help writes for the value of an option; a flag has none.
    var placeholder: String?
    let help: String
    var note = ""
    var isOptional = false
    var isRepeatable = false

    var isPositional: Bool { !label.hasPrefix("-") }

    /// A positional argument in the line of usage.
    var operand: String { isOptional ? "[\(label)]" : label }

    /// An option in the table of options.
    var usage: String {
        [short.map { "\($0), \(label)" } ?? label, placeholder].compactMap(\.self)
            .joined(separator: " ")
    }

    func with(_ note: String, isRepeatable: Bool = false) -> Self {
        var copy = self
        (copy.note, copy.isRepeatable, copy.isOptional) = (note, isRepeatable, true)
        return copy
    }
}

/// A parameter, whatever the type of its value.
public protocol CommandParameter: Sendable {
    var declaration: Declaration { get }

    /// Throws if `texts` make no value.
    func check(_ texts: [String]) throws(CommandError)
}
