/// The words of a command line, sorted by the parameter they were given for.
public struct Arguments: Sendable {
    private var texts: [String: [String]] = [:]

    /// The value of a parameter that the command declares.
    public subscript<Value>(_ parameter: Parameter<Value>) -> Value {
        get throws(CommandError) {
            guard let given = texts[parameter.declaration.label] else {
                preconditionFailure("the command does not declare \(parameter.declaration.label)")
            }
            return try parameter.read(given)
        }
    }

    /// Sorts `words` as `command` declares; performs nothing.
    ///
    /// What follows `--` is positional, whatever it looks like. A value that begins with two dashes
    /// is written `--name=--value`.
    ///
    /// - Throws: ``CommandError`` with ``ExitCode/usage`` for the first word that makes no sense,
    ///   or else for the first parameter that is missing or malformed.
    init(_ words: [String], for command: Command) throws(CommandError) {
        let declarations = command.parameters.map(\.declaration)
        let options = declarations.filter { !$0.isPositional }
        var positionals = declarations.filter(\.isPositional)[...]
        for declaration in declarations { texts[declaration.label] = [] }

        var rest = words[...]
        var optionsEnded = false
        while let word = rest.popFirst() {
            if !optionsEnded, word == "--" {
                optionsEnded = true
            } else if !optionsEnded, word.hasPrefix("-"), word != "-" {
                try takeOption(word, from: &rest, declared: options)
            } else if let next = positionals.popFirst() {
                texts[next.label] = [word]
            } else {
                throw .usage("unknown argument '\(word)'")
            }
        }
        for parameter in command.parameters {
            try parameter.check(texts[parameter.declaration.label] ?? [])
        }
    }

    private mutating func takeOption(
        _ word: String,
        from rest: inout ArraySlice<String>,
        declared options: [Declaration]
    ) throws(CommandError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = options.first(where: { $0.label == name || $0.short == name }) else {
            throw .unknown("option", name, among: options.map(\.label) + ["--help"])
        }
        let given = texts[option.label] ?? []
        if !given.isEmpty, !option.isRepeatable { throw .usage("\(option.label) is given twice") }
        switch (option.placeholder, parts.dropFirst().first) {
        case (nil, nil): texts[option.label] = [""]
        case (nil, _): throw .usage("\(option.label) takes no value")
        case (_, let value?): texts[option.label] = given + [String(value)]
        case (_, nil):
            guard let value = rest.popFirst(), !value.hasPrefix("--") else {
                throw .usage("\(option.label) needs a value")
            }
            texts[option.label] = given + [value]
        }
    }
}
