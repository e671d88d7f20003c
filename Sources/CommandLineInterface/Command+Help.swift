extension Command {
    /// The text of `--help`.
    public var help: String {
        let all = parameters.map(\.declaration)
        let positionals = all.filter(\.isPositional)
        let operands = subcommands.isEmpty ? positionals.map(\.operand) : ["COMMAND ..."]
        let options = all.filter { !$0.isPositional }.map { option in
            (option.usage, option.help + option.note)
        }
        return [
            about,
            "Usage: " + ([name, "[OPTION ...]"] + operands).joined(separator: " "),
            table("Commands", subcommands.map { ($0.name, firstLine(of: $0.about)) }),
            table("Arguments", positionals.map { ($0.label, $0.help + $0.note) }),
            table("Options", options + [("-h, --help", "Print this.")]),
            table("Examples", examples.map { ($0, "") }),
        ]
        .filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
}

private func table(_ title: String, _ rows: [(left: String, right: String)]) -> String {
    guard let width = rows.map(\.left.count).max() else { return "" }
    let lines = rows.map { left, right in
        let gap = String(repeating: " ", count: right.isEmpty ? 0 : width - left.count + 2)
        return "  \(left)\(gap)\(right)"
    }
    return ([title + ":"] + lines).joined(separator: "\n")
}

private func firstLine(of text: String) -> String {
    String(text.prefix { $0 != "\n" })
}
