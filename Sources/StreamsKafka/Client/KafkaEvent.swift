/// What a client tells beside its work; none of it needs an answer.
///
/// Events come on threads of the client: whoever observes them returns at once.
public enum KafkaEvent: Equatable, Sendable {
    /// Something failed that the client gets over by itself, such as a broker that is down.
    case error(KafkaError)
    /// The client's figures as JSON in UTF-8, every `statistics.interval.ms`.
    case statistics([UInt8])
    /// A broker makes the client wait.
    case throttled(broker: String, by: Duration)
    /// A line of the client's log; levels are syslog's, 0 the gravest and 7 the least.
    case log(level: Int, topic: String, text: String)
}
