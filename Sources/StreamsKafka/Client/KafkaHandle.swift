private import CLibrdkafka
import Streams

/// Owns one `rd_kafka_t`: a client with its connections and threads.
///
/// librdkafka lets threads share a handle. The address is kept as a number because a pointer does
/// not cross threads; it is valid until this value is gone.
final class KafkaHandle: Sendable {
    let callbacks: KafkaCallbacks
    private let address: UInt
    /// Woken when the client is gone.
    private let ended: WakeCounter

    var pointer: OpaquePointer {
        guard let pointer = unsafe OpaquePointer(bitPattern: address) else {
            preconditionFailure("a handle has an address")
        }
        return unsafe pointer
    }

    /// Makes a client, which begins to connect.
    ///
    /// - Parameters:
    ///   - settings: Decide the role.
    ///   - observe: Told of errors that pass, figures and the client's log, on any thread.
    /// - Throws: ``KafkaError`` if the settings contradict each other or name files that cannot be
    ///   read.
    init(
        _ settings: KafkaSettings,
        observe: @escaping @Sendable (KafkaEvent) -> Void
    ) throws(KafkaError) {
        let advice = KafkaAdvice(settings, version: rd_kafka_version())
        callbacks = KafkaCallbacks(advice, observe: observe)
        ended = try WakeCounter()
        address = unsafe UInt(bitPattern: try KafkaConfiguration.makeHandle(settings, callbacks))
    }

    deinit {
        BlockingExecutor(label: "caracal.kafka.end").run { [address, callbacks, ended] in
            withExtendedLifetime(callbacks) {
                // Leaving the group, where there is one, is a call of its own.
                unsafe rd_kafka_destroy_flags(
                    OpaquePointer(bitPattern: address),
                    RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE
                )
            }
            ended.wake()
        }
        // librdkafka 2.0 waits for ever once a topic that it reads has been deleted.
        ended.sleep(milliseconds: Self.endMilliseconds)
    }

    /// How long the end of a client is waited for: its threads must not run into the process's end.
    private static let endMilliseconds: Int32 = 3_000

    /// librdkafka's version, such as `2.0.2`.
    static var version: String { unsafe String(cString: rd_kafka_version_str()) }

    /// The error behind a code.
    static func error(_ code: Int32, _ operation: String, _ reason: String? = nil) -> KafkaError {
        let response = rd_kafka_resp_err_t(rawValue: code)
        let isUnsure = [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
            RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__STATE,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR__IN_PROGRESS,
        ].contains { $0 == response }
        return KafkaError(
            code: Int(code),
            name: unsafe String(cString: rd_kafka_err2name(response)),
            operation: operation,
            reason: unsafe reason ?? String(cString: rd_kafka_err2str(response)),
            isFatal: response == RD_KAFKA_RESP_ERR__FATAL,
            isRetriable: isUnsure
        )
    }

    /// Takes over an `rd_kafka_error_t`, if there is one, and throws what it says.
    static func check(_ error: OpaquePointer?, _ operation: String) throws(KafkaError) {
        guard let error = unsafe error else { return }
        defer { unsafe rd_kafka_error_destroy(error) }
        throw unsafe KafkaError(
            code: Int(rd_kafka_error_code(error).rawValue),
            name: String(cString: rd_kafka_error_name(error)),
            operation: operation,
            reason: String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0,
            isRetriable: rd_kafka_error_is_retriable(error) != 0,
            needsAbort: rd_kafka_error_txn_requires_abort(error) != 0
        )
    }

    static func check(_ code: Int32, _ operation: String) throws(KafkaError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR.rawValue { throw error(code, operation) }
    }

    /// The error that has ended this client, if one has.
    func finalError(_ operation: String) -> KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let code = unsafe rd_kafka_fatal_error(pointer, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        let reason = String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        let error = KafkaError(
            code: Int(code.rawValue),
            name: unsafe String(cString: rd_kafka_err2name(code)),
            operation: operation,
            reason: reason,
            isFatal: true
        )
        return callbacks.explained(error)
    }

    /// Asks the partition's leader where its log begins and ends; blocks.
    func watermarks(
        of partition: Int,
        in topic: String,
        milliseconds: Int
    ) throws(KafkaError) -> (begin: Int, end: Int) {
        var (begin, end): (Int64, Int64) = (0, 0)
        let code = unsafe rd_kafka_query_watermark_offsets(
            pointer,
            topic,
            Int32(clamping: partition),
            &begin,
            &end,
            Int32(clamping: milliseconds)
        )
        try Self.check(code.rawValue, "ask for the ends of \(topic)/\(partition)")
        return (Int(begin), Int(end))
    }

    /// Where the partition's log ended when it was last fetched; never blocks.
    func lastSeenEnd(of partition: Int, in topic: String) -> Int? {
        guard let partition = Int32(exactly: partition), partition >= 0 else { return nil }
        var (begin, end): (Int64, Int64) = (-1, -1)
        let code = unsafe rd_kafka_get_watermark_offsets(pointer, topic, partition, &begin, &end)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && end >= 0 ? Int(end) : nil
    }
}

/// The identifier by which brokers tell a topic from an older one of the same name.
extension KafkaHandle {
    /// What a broker gives that knows no identifiers: 16 zero bytes.
    private static let none = "AAAAAAAAAAAAAAAAAAAAAA"

    /// The topic's identifier as Kafka writes it, in 22 characters of base64; blocks.
    ///
    /// - Returns: `nil` if the library is older than 2.3, or the broker than 2.8: nobody knows then.
    /// - Throws: ``KafkaError``.
    func topicID(of topic: String, milliseconds: Int32) throws(KafkaError) -> String? {
        var library = caracal_topic_ids()
        guard unsafe caracal_find_topic_ids(&library) != 0 else { return nil }
        let operation = "ask for the identifier of topic \(topic)"
        let names = unsafe topic.withCString { name in
            var list: [UnsafePointer<CChar>?] = unsafe [name]
            return unsafe library.of_names(&list, 1)
        }
        defer { unsafe library.destroy_names(names) }
        let options = unsafe rd_kafka_AdminOptions_new(pointer, RD_KAFKA_ADMIN_OP_ANY)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        unsafe _ = rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, nil, 0)
        let queue = unsafe rd_kafka_queue_new(pointer)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        unsafe library.describe(pointer, names, options, queue)
        // librdkafka's own deadline comes first.
        guard let event = unsafe rd_kafka_queue_poll(queue, milliseconds &+ 5_000) else {
            throw Self.error(RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue, operation)
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        let code = unsafe rd_kafka_event_error(event)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            let text = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
            throw callbacks.explained(Self.error(code.rawValue, operation, text))
        }
        var count = 0
        guard let result = unsafe library.result(event),
            let topics = unsafe library.topics(result, &count), count == 1
        else { throw .own(operation, "no answer") }
        if let error = unsafe library.error(topics[0]) {
            let code = unsafe rd_kafka_error_code(error).rawValue
            if code != 0 { throw callbacks.explained(Self.error(code, operation)) }
        }
        guard let id = unsafe library.topic_id(topics[0]), let text = unsafe library.text(id)
        else { return nil }
        let found = unsafe String(cString: text)
        return found == Self.none ? nil : found
    }
}
