/// One place that settings come from: what is set there, and where exactly.
///
/// Pure: it is given what the process was given and what the file holds.
public struct SettingsSource: Sendable {
    struct Entry: Sendable {
        let text: String
        /// Where the user finds it: `--lanes`, `CARACAL_LANES`, `caracal.conf:12`.
        let origin: String
    }

    /// By the name that the source has for a key.
    private(set) var entries: [String: Entry] = [:]
    private(set) var problems: [String] = []
    let name: @Sendable (_ key: String) -> String
    /// Whether a name that is no setting's is a mistake.
    let isOurs: Bool

    /// Settings given as words of the command line.
    ///
    /// - Parameter settings: The key, its text, and the word that gave it, such as `--set`.
    /// - Returns: A source in which an unknown key is a mistake.
    public static func commandLine(_ settings: [(key: String, text: String, word: String)]) -> Self
    {
        var source = Self(name: { $0 }, isOurs: true)
        for (key, text, word) in settings { source.add(key, text, origin: word) }
        return source
    }

    /// Variables: under the prefix `CARACAL_`, `CARACAL_BATCH_WAIT` sets `batch.wait`.
    ///
    /// Others use the environment too, so a name that is no setting's is no mistake.
    ///
    /// - Parameters:
    ///   - variables: All of the environment.
    ///   - prefix: What the names of ours begin with.
    /// - Returns: A source in which a key is looked up by its variable's name.
    public static func environment(_ variables: [String: String], prefix: String) -> Self {
        var source = Self(name: { variableName(of: $0, prefix: prefix) }, isOurs: false)
        for (name, text) in variables where name.hasPrefix(prefix) {
            source.add(name, text, origin: name)
        }
        return source
    }

    /// The variable that sets `key`: the key in upper case, `.` and `-` as `_`, behind `prefix`.
    public static func variableName(of key: String, prefix: String) -> String {
        prefix + key.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
    }

    /// Lines `key = value`, and lines that are blank or begin with `#`.
    ///
    /// There are no quotes and no escapes: the value is all that follows the first `=`, without
    /// the spaces around it.
    ///
    /// - Parameters:
    ///   - contents: The file's text.
    ///   - path: How messages call it.
    /// - Returns: A source in which an unknown key is a mistake.
    public static func file(_ contents: String, path: String) -> Self {
        var source = Self(name: { $0 }, isOurs: true)
        let lines = contents.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (line, number) in zip(lines, 1...) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { String($0).trimmed }
            if parts[0].hasPrefix("#") || parts == [""] { continue }
            if parts.count == 2, !parts[0].isEmpty {
                source.add(parts[0], parts[1], origin: "\(path):\(number)")
            } else {
                source.problems.append("\(path):\(number): not a line 'key = value'")
            }
        }
        return source
    }

    private mutating func add(_ name: String, _ text: String, origin: String) {
        if let earlier = entries[name] {
            problems.append("\(origin): \(name): already set, at \(earlier.origin)")
        } else {
            entries[name] = Entry(text: text, origin: origin)
        }
    }
}
