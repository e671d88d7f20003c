private import CLibrdkafka

/// librdkafka's configuration: built from settings, and given to a handle that then owns it.
enum KafkaConfiguration {
    /// What librdkafka says against a value, or `nil` if it takes it.
    ///
    /// Tried on a configuration that is thrown away: librdkafka knows its names and ranges best.
    static func problem(of name: String, _ value: String) -> String? {
        let configuration = unsafe rd_kafka_conf_new()
        defer { unsafe rd_kafka_conf_destroy(configuration) }
        return unsafe set(name, value, on: configuration)
    }

    /// Makes a client's handle.
    ///
    /// - Returns: The `rd_kafka_t`, owned by the caller; `callbacks` must outlive it.
    /// - Throws: ``KafkaError`` if properties contradict each other or files cannot be read.
    static func makeHandle(
        _ settings: KafkaSettings,
        _ callbacks: KafkaCallbacks
    ) throws(KafkaError) -> OpaquePointer {
        let operation = "configure a \(settings.role.rawValue)"
        guard let configuration = unsafe rd_kafka_conf_new() else {
            throw .own(operation, "out of memory")
        }
        for (name, value) in settings.translated {
            if let problem = unsafe set(name, value, on: configuration) {
                unsafe rd_kafka_conf_destroy(configuration)
                throw .own(operation, "\(name) \(problem)")
            }
        }
        unsafe install(callbacks, settings.role, on: configuration)
        let type = settings.role == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER
        var text = [CChar](repeating: 0, count: 512)
        // The configuration belongs to the handle, or still to us if there is none.
        guard let handle = unsafe rd_kafka_new(type, configuration, &text, text.count) else {
            unsafe rd_kafka_conf_destroy(configuration)
            throw KafkaError(
                code: Int(RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue),
                name: "_INVALID_ARG",
                operation: operation,
                reason: string(text)
            )
        }
        if settings.role == .consumer { unsafe rd_kafka_poll_set_consumer(handle) }
        return unsafe handle
    }

    private static func set(
        _ name: String,
        _ value: String,
        on configuration: OpaquePointer?
    ) -> String? {
        // A text for C ends at its first zero byte: what follows would be dropped unseen.
        if name.utf8.contains(0) || value.utf8.contains(0) { return "holds a zero byte" }
        var text = [CChar](repeating: 0, count: 512)
        switch unsafe rd_kafka_conf_set(configuration, name, value, &text, text.count) {
        case RD_KAFKA_CONF_OK: return nil
        case RD_KAFKA_CONF_UNKNOWN: return "is unknown"
        default: return "is refused: \(string(text))"
        }
    }

    private static func string(_ text: [CChar]) -> String {
        String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
    }

    private static func install(
        _ callbacks: KafkaCallbacks,
        _ role: KafkaRole,
        on configuration: OpaquePointer
    ) {
        unsafe rd_kafka_conf_set_opaque(
            configuration,
            Unmanaged.passUnretained(callbacks).toOpaque()
        )
        unsafe rd_kafka_conf_set_log_cb(configuration, logged)
        unsafe rd_kafka_conf_set_ssl_cert_verify_cb(configuration, verified)
        switch role {
        case .consumer:
            unsafe rd_kafka_conf_set_error_cb(configuration, failed)
            unsafe rd_kafka_conf_set_stats_cb(configuration, counted)
            unsafe rd_kafka_conf_set_throttle_cb(configuration, throttled)
            unsafe rd_kafka_conf_set_rebalance_cb(configuration, rebalanced)
        case .producer:
            unsafe rd_kafka_conf_set_events(
                configuration,
                RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS
            )
        case .admin:
            unsafe rd_kafka_conf_set_error_cb(configuration, failed)
        }
    }
}

private func callbacks(_ opaque: UnsafeMutableRawPointer?) -> KafkaCallbacks? {
    guard let opaque = unsafe opaque else { return nil }
    return unsafe Unmanaged<KafkaCallbacks>.fromOpaque(opaque).takeUnretainedValue()
}

/// Comes on any thread of librdkafka.
private func logged(
    _ handle: OpaquePointer?,
    _ level: Int32,
    _ topic: UnsafePointer<CChar>?,
    _ text: UnsafePointer<CChar>?
) {
    guard let handle = unsafe handle,
        let callbacks = unsafe callbacks(rd_kafka_opaque(handle))
    else { return }
    let event = unsafe KafkaEvent.log(
        level: Int(level),
        topic: topic.map { unsafe String(cString: $0) } ?? "",
        text: text.map { unsafe String(cString: $0) } ?? ""
    )
    callbacks.observe(event)
}

/// Comes on a thread of librdkafka for every certificate of a chain; changes no decision of OpenSSL's.
private func verified(
    _ handle: OpaquePointer?,
    _ broker: UnsafePointer<CChar>?,
    _ number: Int32,
    _ code: UnsafeMutablePointer<Int32>?,
    _ depth: Int32,
    _ certificate: UnsafePointer<CChar>?,
    _ count: Int,
    _ text: UnsafeMutablePointer<CChar>?,
    _ textCount: Int,
    _ opaque: UnsafeMutableRawPointer?
) -> Int32 {
    guard let code = unsafe code, unsafe code.pointee != 0 else { return 1 }
    let name = unsafe broker.map { unsafe String(cString: $0) } ?? ""
    let refusal = unsafe CertificateRefusal(broker: name, code: Int(code.pointee))
    unsafe callbacks(opaque)?.keep(refusal)
    if let text = unsafe text, textCount > 0 {
        let bytes = refusal.reason.utf8.prefix(textCount - 1)
        for (index, byte) in bytes.enumerated() { unsafe text[index] = CChar(bitPattern: byte) }
        unsafe text[bytes.count] = 0
    }
    return 0
}

private func failed(
    _ handle: OpaquePointer?,
    _ code: Int32,
    _ reason: UnsafePointer<CChar>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let callbacks = unsafe callbacks(opaque) else { return }
    let text = unsafe reason.map { unsafe String(cString: $0) }
    callbacks.keep(KafkaHandle.error(code, "run the client", text))
}

private func counted(
    _ handle: OpaquePointer?,
    _ json: UnsafeMutablePointer<CChar>?,
    _ count: Int,
    _ opaque: UnsafeMutableRawPointer?
) -> Int32 {
    guard let callbacks = unsafe callbacks(opaque), let json = unsafe json else { return 0 }
    let bytes = unsafe UnsafeRawBufferPointer(start: json, count: count)
    callbacks.observe(.statistics(unsafe Array(bytes)))
    return 0  // librdkafka frees the text.
}

private func throttled(
    _ handle: OpaquePointer?,
    _ broker: UnsafePointer<CChar>?,
    _ number: Int32,
    _ milliseconds: Int32,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let callbacks = unsafe callbacks(opaque) else { return }
    let name = unsafe broker.map { unsafe String(cString: $0) } ?? "\(number)"
    callbacks.observe(.throttled(broker: name, by: .milliseconds(milliseconds)))
}

/// Only keeps what it is told: librdkafka waits for the answer, which comes when the work on the
/// partitions is over.
private func rebalanced(
    _ handle: OpaquePointer?,
    _ code: rd_kafka_resp_err_t,
    _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let callbacks = unsafe callbacks(opaque), let list = unsafe list else { return }
    let isAssignment = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
    let rebalance = KafkaCallbacks.Rebalance(
        isAssignment: isAssignment,
        isLost: unsafe !isAssignment && rd_kafka_assignment_lost(handle) != 0,
        partitions: unsafe (0..<Int(list.pointee.cnt)).map {
            unsafe Int(list.pointee.elems[$0].partition)
        }
    )
    guard callbacks.keep(rebalance) else { return }
    let isCooperative =
        unsafe rd_kafka_rebalance_protocol(handle).map { unsafe String(cString: $0) }
        == "COOPERATIVE"
    if !isCooperative {
        unsafe _ = rd_kafka_assign(handle, nil)
    } else if !isAssignment {
        unsafe rd_kafka_error_destroy(rd_kafka_incremental_unassign(handle, list))
    }
}
