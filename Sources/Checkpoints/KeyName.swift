/// What may be the name of a key of signed notes.
public enum KeyName {
    /// The most bytes of a name, of our choosing.
    public static let byteLimit = 1_024

    /// Returns whether `name` is not empty, and has no white space, control character or `+`.
    public static func isValid(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= byteLimit else { return false }
        return name.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar != "+" && !scalar.properties.isWhitespace
        }
    }
}
