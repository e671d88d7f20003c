extension KafkaSettings {
    /// The names of all properties that a client can be given, sorted.
    public static var names: [String] { KafkaProperty.table.keys.sorted() }

    /// Those whose values must not be shown.
    public static var secretNames: Set<String> { Set(names.filter(isSecret)) }
}
