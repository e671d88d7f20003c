/// How a value is written, and how its text becomes a value.
public struct ValueFormat<Value: Sendable>: Sendable {
    /// What help writes for the value, such as `FILE`.
    let placeholder: String
    /// What a good value is; it ends the sentence "'x' is not …".
    let expectation: String
    let parse: @Sendable (String) -> Value?

    public init(
        _ placeholder: String,
        _ expectation: String,
        parse: @escaping @Sendable (String) -> Value?
    ) {
        self.placeholder = placeholder
        self.expectation = expectation
        self.parse = parse
    }
}

extension ValueFormat<String> {
    public static var text: Self { text("TEXT") }

    /// Any text but the empty one.
    public static func text(_ placeholder: String) -> Self {
        Self(placeholder, "a text of at least one letter") { $0.isEmpty ? nil : $0 }
    }

    /// The path of a file or folder.
    public static func path(_ placeholder: String = "FILE") -> Self {
        Self(placeholder, "a path") { $0.isEmpty ? nil : $0 }
    }
}

extension ValueFormat<Int> {
    public static func wholeNumber(in range: ClosedRange<Int>) -> Self {
        let expectation =
            range.upperBound == .max
            ? "a whole number of at least \(range.lowerBound)"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Self("N", expectation) { text in
            // Only digits: `Int` would take a plus sign, and `-0`.
            guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
            return Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension ValueFormat where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the names of `Value`.
    public static func choice(_ placeholder: String) -> Self {
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return Self(placeholder, "one of \(names)") { Value(rawValue: $0) }
    }
}
