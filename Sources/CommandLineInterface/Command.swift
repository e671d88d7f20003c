/// A command as a value: what it is called, what it takes, what it does.
public struct Command: Sendable {
    public typealias Action =
        @Sendable (Arguments, Console) async throws(CommandError) -> ExitCode

    /// The words that call it; within a group they begin with the group's.
    public private(set) var name: String
    /// What it does; the first line stands for it in its group's help.
    public let about: String
    /// Command lines that work as they are written; help shows them.
    public let examples: [String]
    let parameters: [any CommandParameter]
    /// The commands of a group.
    public let subcommands: [Command]
    let action: Action?

    /// Declares a command, or a group of commands if it has `subcommands` and no action.
    ///
    /// The first line of `about` stands for the command in its group's help. `action` is called
    /// with arguments that every parameter accepts.
    public init(
        _ name: String,
        about: String,
        examples: [String] = [],
        parameters: [any CommandParameter] = [],
        subcommands: [Command] = [],
        action: Action? = nil
    ) {
        self.name = name
        self.about = about
        self.examples = examples
        self.parameters = parameters
        self.subcommands = subcommands
        self.action = action
    }

    /// Runs the command that `words` call, or prints its help, or what is wrong with the words.
    ///
    /// - Parameters:
    ///   - words: What follows the program's name.
    ///   - console: Where everything is written.
    /// - Returns: What the process ends with.
    public func run(_ words: [String], console: Console) async -> ExitCode {
        let (command, rest) = resolve(words)
        do throws(CommandError) {
            let plain = rest.prefix { $0 != "--" }
            if plain.contains("--help") || plain.contains("-h") {
                try console.output(command.help)
                return .success
            }
            guard let action = command.action else { throw command.isCalledWrongly(by: rest) }
            return try await action(try Arguments(rest, for: command), console)
        } catch {
            console.errors("\(command.name): \(error.message)")
            if error.exitCode == .usage { console.errors("See '\(command.name) --help'.") }
            return error.exitCode
        }
    }

    /// Returns the innermost command that `words` call, and the words left for it.
    func resolve(_ words: [String]) -> (command: Command, rest: [String]) {
        guard var next = subcommands.first(where: { $0.name == words.first }) else {
            return (self, words)
        }
        next.name = "\(name) \(next.name)"
        return next.resolve(Array(words.dropFirst()))
    }

    private func isCalledWrongly(by words: [String]) -> CommandError {
        guard let word = words.first else { return .usage("a command is missing") }
        let kind = word.hasPrefix("-") ? "option" : "command"
        let names = word.hasPrefix("-") ? ["--help"] : subcommands.map(\.name)
        return .unknown(kind, word, among: names)
    }
}
