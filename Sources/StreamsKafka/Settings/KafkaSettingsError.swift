/// All that is wrong with a list of client properties.
public struct KafkaSettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One property, and what is wrong with it.
    public struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// The name as it was given.
        public let name: String
        /// A sentence without its subject, such as `is unknown`; never holds a secret.
        public let reason: String

        public var description: String { "\(name) \(reason)" }
    }

    /// In the order of their names; at least one.
    public let problems: [Problem]

    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
