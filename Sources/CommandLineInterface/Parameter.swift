/// An option, a flag or a positional argument of a command, with the type of its value.
public struct Parameter<Value: Sendable>: CommandParameter {
    public let declaration: Declaration
    /// Makes the value of the texts given for the parameter: none, if it was left out.
    let read: @Sendable ([String]) throws(CommandError) -> Value

    public func check(_ texts: [String]) throws(CommandError) { _ = try read(texts) }
}

extension Parameter {
    /// `--name VALUE`, also `-s VALUE` if it has a short name; required.
    public static func option(
        _ name: String,
        short: Character? = nil,
        _ format: ValueFormat<Value>,
        help: String
    ) -> Self {
        let declaration = Declaration(
            label: "--\(name)",
            short: short.map { "-\($0)" },
            placeholder: format.placeholder,
            help: help,
            note: " Required."
        )
        return once(declaration, format)
    }

    /// A positional argument; required, and taken in the order in which the command lists them.
    public static func argument(_ name: String, _ format: ValueFormat<Value>, help: String) -> Self
    {
        once(Declaration(label: name.uppercased(), help: help), format)
    }

    /// `--name`; whether it was given.
    public static func flag(_ name: String, help: String) -> Self where Value == Bool {
        Self(declaration: Declaration(label: "--\(name)", help: help, isOptional: true)) {
            !$0.isEmpty
        }
    }

    /// The same parameter, `nil` if it is left out.
    public var optional: Parameter<Value?> {
        Parameter<Value?>(declaration: declaration.with("")) { texts throws(CommandError) in
            texts.isEmpty ? nil : try read(texts)
        }
    }

    /// The same parameter, `nil` if it is left out; help says what takes its place.
    public func optional(default text: String) -> Parameter<Value?> {
        let declaration = declaration.with(" Default: \(text).")
        return Parameter<Value?>(declaration: declaration) { texts throws(CommandError) in
            texts.isEmpty ? nil : try read(texts)
        }
    }

    /// The same parameter, `fallback` if it is left out.
    public func defaulting(to fallback: Value) -> Self {
        let declaration = declaration.with(" Default: \(fallback).")
        return Self(declaration: declaration) { texts throws(CommandError) in
            texts.isEmpty ? fallback : try read(texts)
        }
    }

    /// The same parameter any number of times, its values in the order given.
    public var repeated: Parameter<[Value]> {
        let declaration = declaration.with(" May be repeated.", isRepeatable: true)
        return Parameter<[Value]>(declaration: declaration) { texts throws(CommandError) in
            try texts.map { text throws(CommandError) in try read([text]) }
        }
    }

    private static func once(_ declaration: Declaration, _ format: ValueFormat<Value>) -> Self {
        Self(declaration: declaration) { texts throws(CommandError) in
            guard let text = texts.first else { throw .usage("\(declaration.label) is missing") }
            guard let value = format.parse(text) else {
                throw .usage("\(declaration.label): '\(text)' is not \(format.expectation)")
            }
            return value
        }
    }
}
