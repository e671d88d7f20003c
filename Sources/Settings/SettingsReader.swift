/// Reads settings from several sources and collects what is wrong with them.
///
/// A setting that is present but malformed is a problem, and never silently the default. What a
/// read returns then is a stand-in: use nothing that was read before ``finish()`` has returned.
public struct SettingsReader {
    private let sources: [SettingsSource]
    private var keys: Set<String> = []
    private var problems: [String]
    /// What was read, `key = value (origin)`, secrets redacted: for the log at start.
    public private(set) var effective: [String] = []

    /// Reads from `sources`; the first of them that has a setting decides.
    public init(_ sources: [SettingsSource]) {
        self.sources = sources
        problems = sources.flatMap(\.problems)
    }

    /// Throws all problems found so far, and all settings that nothing has read.
    ///
    /// - Throws: ``SettingsError`` with one line a problem.
    public func finish() throws(SettingsError) {
        var problems = problems
        for source in sources where source.isOurs {
            let unread = source.entries.filter { !keys.contains($0.key) }
            problems += unread.map { "\($1.origin): \($0): no such setting" }.sorted()
        }
        if !problems.isEmpty { throw SettingsError(problems: problems) }
    }

    /// A whole number; required unless it has a default.
    public mutating func int(
        _ key: String,
        in range: ClosedRange<Int>,
        default fallback: Int? = nil
    ) -> Int {
        read(key, fallback, standIn: range.lowerBound, "a whole number in \(range)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A time, such as `5 ms`, a bare number being milliseconds; required unless it has a default.
    public mutating func duration(
        _ key: String,
        in range: ClosedRange<Duration>,
        default fallback: Duration? = nil
    ) -> Duration {
        let expected = "\(Quantity.timeExpectation) in \(range)"
        return read(key, fallback, standIn: range.lowerBound, expected) { text in
            Quantity.duration(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A size, such as `64 KiB`, a bare number being bytes; required unless it has a default.
    public mutating func byteCount(
        _ key: String,
        in range: ClosedRange<Int>,
        default fallback: Int? = nil
    ) -> Int {
        let expected = "\(Quantity.sizeExpectation) in \(range) B"
        return read(key, fallback, standIn: range.lowerBound, expected) { text in
            Quantity.byteCount(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// One of the names of `Choice`; required unless it has a default.
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String,
        default fallback: Choice
    ) -> Choice where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return read(key, fallback, standIn: fallback, "one of \(names)", text: \.rawValue) {
            Choice(rawValue: $0)
        }
    }

    /// Text that is not empty; `nil` if it is not set.
    public mutating func text(_ key: String) -> String? {
        guard entry(for: key) != nil else { return nil }
        return read(key, nil, standIn: "", "a text of at least one letter") { text in
            text.isEmpty ? nil : text
        }
    }

    /// Text that is not empty; required.
    public mutating func requiredText(_ key: String) -> String {
        read(key, nil, standIn: "", "a text of at least one letter") { text in
            text.isEmpty ? nil : text
        }
    }

    /// Text that is never printed; required.
    public mutating func requiredSecret(_ key: String) -> Secret {
        read(key, nil, standIn: Secret(""), "a secret of at least one letter") { text in
            text.isEmpty ? nil : Secret(text)
        }
    }

    /// Adds a problem that somebody else has found in a setting.
    public mutating func report(_ problem: String) {
        problems.append(problem)
    }

    /// Texts between commas, at least one; required.
    public mutating func strings(_ key: String) -> [String] {
        read(key, nil, standIn: [], "a list such as 'a, b'") { text in
            let items = text.split(separator: ",", omittingEmptySubsequences: false)
                .map { String($0).trimmed }
            return items.contains("") ? nil : items
        }
    }

    /// Text that is never printed; `nil` if it is not set.
    public mutating func secret(_ key: String) -> Secret? {
        guard entry(for: key) != nil else { return nil }
        return read(key, nil, standIn: Secret(""), "a secret of at least one letter") { text in
            text.isEmpty ? nil : Secret(text)
        }
    }

    /// All settings whose keys begin with `prefix`, by the rest of the key.
    ///
    /// What they mean is the caller's affair, so that none of them is unknown here.
    ///
    /// - Parameters:
    ///   - prefix: What the keys begin with, such as `kafka.`.
    ///   - known: Rests of keys that are looked up in the environment, too.
    ///   - secrets: Rests of keys whose text is never printed.
    /// - Returns: The text of each that is set, the first source deciding.
    public mutating func texts(
        under prefix: String,
        known: some Sequence<String>,
        secrets: Set<String>
    ) -> [String: String] {
        var names = Set(known)
        for source in sources where source.isOurs {
            for key in source.entries.keys where key.hasPrefix(prefix) {
                names.insert(String(key.dropFirst(prefix.count)))
            }
        }
        var texts: [String: String] = [:]
        for name in names.sorted() {
            guard let entry = entry(for: prefix + name) else { continue }
            texts[name] = entry.text
            let shown = secrets.contains(name) ? "\(Secret(entry.text))" : entry.text
            effective.append("\(prefix)\(name) = \(shown) (\(entry.origin))")
        }
        return texts
    }

    private mutating func read<Value>(
        _ key: String,
        _ fallback: Value?,
        standIn: Value,
        _ expected: String,
        text: (Value) -> String = { "\($0)" },
        parse: (String) -> Value?
    ) -> Value {
        guard let entry = entry(for: key) else {
            if let fallback {
                effective.append("\(key) = \(text(fallback)) (default)")
            } else {
                problems.append("\(key): missing")
            }
            return fallback ?? standIn
        }
        guard let value = parse(entry.text) else {
            // The text of a secret must not come out this way.
            let given = standIn is Secret ? "the text given" : "'\(entry.text)'"
            problems.append("\(entry.origin): \(key): \(given) is not \(expected)")
            return standIn
        }
        effective.append("\(key) = \(text(value)) (\(entry.origin))")
        return value
    }

    private mutating func entry(for key: String) -> SettingsSource.Entry? {
        keys.insert(key)
        return sources.lazy.compactMap { $0.entries[$0.name(key)] }.first
    }
}
