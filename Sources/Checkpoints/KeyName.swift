/// Rules for the names of keys, which are the names of logs, too.
public enum KeyName {
    /// The most bytes of a name.
    public static let byteLimit = 512

    /// Whether `name` can be the name of a key of C2SP signed notes: not empty, no white space, no
    /// control character, no plus sign.
    public static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= byteLimit
            && name.unicodeScalars.allSatisfy { scalar in
                !scalar.properties.isWhitespace && scalar != "+" && scalar.value >= 0x20
                    && scalar.value != 0x7F
            }
    }
}
