private import CLibrdkafka

/// The calls of an administrator; each blocks until brokers have answered.
extension KafkaHandle {
    func createTopics(
        _ topics: [KafkaTopic],
        milliseconds: Int32
    ) throws(KafkaError) -> [String: KafkaTopic.Outcome] {
        let operation = "create topics"
        var made: [OpaquePointer?] = unsafe []
        defer { unsafe rd_kafka_NewTopic_destroy_array(&made, made.count) }
        for topic in topics {
            unsafe made.append(try newTopic(topic))
        }
        var given = unsafe made
        let options = unsafe options(RD_KAFKA_ADMIN_OP_CREATETOPICS, milliseconds)
        // The controller answers when the topics are there; other brokers may learn of them later.
        unsafe _ = rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, nil, 0)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        let event = try unsafe answer(operation, milliseconds) { queue in
            unsafe rd_kafka_CreateTopics(pointer, &given, given.count, options, queue)
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        var count = 0
        guard let result = unsafe rd_kafka_event_CreateTopics_result(event),
            let results = unsafe rd_kafka_CreateTopics_result_topics(result, &count)
        else { throw .own(operation, "no answer") }
        var outcomes: [String: KafkaTopic.Outcome] = [:]
        for index in 0..<count {
            let topic = unsafe results[index]
            let name = unsafe String(cString: rd_kafka_topic_result_name(topic))
            let code = unsafe rd_kafka_topic_result_error(topic)
            let text = unsafe rd_kafka_topic_result_error_string(topic).map {
                unsafe String(cString: $0)
            }
            switch code {
            case RD_KAFKA_RESP_ERR_NO_ERROR: outcomes[name] = .created
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: outcomes[name] = .alreadyThere
            default:
                outcomes[name] = .refused(Self.error(code.rawValue, "create topic \(name)", text))
            }
        }
        return outcomes
    }

    private func newTopic(_ topic: KafkaTopic) throws(KafkaError) -> OpaquePointer? {
        let operation = "create topic \(topic.name)"
        var text = [CChar](repeating: 0, count: 512)
        guard !topic.name.utf8.contains(0) else { throw .own(operation, "this is no name") }
        let made = unsafe rd_kafka_NewTopic_new(
            topic.name,
            Int32(clamping: topic.partitions),
            Int32(clamping: topic.replication),
            &text,
            text.count
        )
        guard let made = unsafe made else {
            let reason = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw .own(operation, String(decoding: reason, as: UTF8.self))
        }
        for (name, value) in topic.configuration.sorted(by: { $0.key < $1.key }) {
            let code = unsafe rd_kafka_NewTopic_set_config(made, name, value)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR {
                unsafe rd_kafka_NewTopic_destroy(made)
                throw Self.error(code.rawValue, "\(operation) with \(name)=\(value)")
            }
        }
        return unsafe made
    }

    /// What the group has committed, by partition of the topic.
    func groupOffsets(
        of group: String,
        in topic: String,
        milliseconds: Int32
    ) throws(KafkaError) -> [Int: Int] {
        let operation = "list the offsets of group \(group)"
        guard !group.utf8.contains(0), !group.isEmpty else {
            throw .own(operation, "this is no name of a group")
        }
        let request = unsafe rd_kafka_ListConsumerGroupOffsets_new(group, nil)
        defer { unsafe rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        let options = unsafe options(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, milliseconds)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        var requests = unsafe [request]
        let event = try unsafe answer(operation, milliseconds) { queue in
            unsafe rd_kafka_ListConsumerGroupOffsets(pointer, &requests, 1, options, queue)
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        var count = 0
        guard let result = unsafe rd_kafka_event_ListConsumerGroupOffsets_result(event),
            let groups = unsafe rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count),
            count == 1
        else { throw .own(operation, "no answer") }
        if let error = unsafe rd_kafka_group_result_error(groups[0]) {
            throw Self.error(unsafe rd_kafka_error_code(error).rawValue, operation)
        }
        guard let list = unsafe rd_kafka_group_result_partitions(groups[0]) else { return [:] }
        var offsets: [Int: Int] = [:]
        for index in 0..<Int(unsafe list.pointee.cnt) {
            let entry = unsafe list.pointee.elems[index]
            guard unsafe entry.offset >= 0, unsafe String(cString: entry.topic) == topic else {
                continue
            }
            unsafe offsets[Int(entry.partition)] = Int(entry.offset)
        }
        return offsets
    }

    /// Makes the group forget partitions of the topic.
    func deleteGroupOffsets(
        of group: String,
        in topic: String,
        _ partitions: [Int],
        milliseconds: Int32
    ) throws(KafkaError) {
        let operation = "delete offsets of group \(group)"
        guard !group.utf8.contains(0), !group.isEmpty else {
            throw .own(operation, "this is no name of a group")
        }
        let list = unsafe rd_kafka_topic_partition_list_new(Int32(partitions.count))
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        for partition in partitions {
            unsafe rd_kafka_topic_partition_list_add(list, topic, Int32(clamping: partition))
        }
        let request = unsafe rd_kafka_DeleteConsumerGroupOffsets_new(group, list)
        defer { unsafe rd_kafka_DeleteConsumerGroupOffsets_destroy(request) }
        let options = unsafe options(RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS, milliseconds)
        defer { unsafe rd_kafka_AdminOptions_destroy(options) }
        var requests = unsafe [request]
        let event = try unsafe answer(operation, milliseconds) { queue in
            unsafe rd_kafka_DeleteConsumerGroupOffsets(pointer, &requests, 1, options, queue)
        }
        defer { unsafe rd_kafka_event_destroy(event) }
        var count = 0
        guard let result = unsafe rd_kafka_event_DeleteConsumerGroupOffsets_result(event),
            let groups = unsafe rd_kafka_DeleteConsumerGroupOffsets_result_groups(result, &count),
            count == 1
        else { throw .own(operation, "no answer") }
        if let error = unsafe rd_kafka_group_result_error(groups[0]) {
            throw Self.error(unsafe rd_kafka_error_code(error).rawValue, operation)
        }
        guard let answered = unsafe rd_kafka_group_result_partitions(groups[0]) else { return }
        for index in 0..<Int(unsafe answered.pointee.cnt) {
            try Self.check(unsafe answered.pointee.elems[index].err.rawValue, operation)
        }
    }

    private func options(_ operation: rd_kafka_admin_op_t, _ milliseconds: Int32) -> OpaquePointer?
    {
        let options = unsafe rd_kafka_AdminOptions_new(pointer, operation)
        unsafe _ = rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, nil, 0)
        return unsafe options
    }

    /// Takes what the client has run into on its own since it was last asked.
    ///
    /// librdkafka tells the same error of a broker once in half a minute: what was told before still
    /// counts where nothing has been answered for long.
    ///
    /// - Parameter milliseconds: How long no answer has come.
    /// - Returns: The error that tells most: that no broker lets it in, or else the last one.
    private func takeTrouble(after milliseconds: Int32) -> KafkaError? {
        unsafe _ = rd_kafka_poll(pointer, 0)
        var telling: KafkaError?
        for error in callbacks.takeErrors() {
            callbacks.observe(.error(error))
            // Comes after each broker has told why.
            if error.name == "_ALL_BROKERS_DOWN" { continue }
            if telling?.isRefusedEntry != true { telling = error }
        }
        if let telling { callbacks.remember(telling) }
        return telling ?? (milliseconds >= Self.longSilence ? callbacks.trouble : nil)
    }

    private static let longSilence: Int32 = 1_500

    /// How long an answer is waited for before a look at why it does not come, in milliseconds.
    private static let patience: Int32 = 250

    /// The number of partitions of a topic.
    ///
    /// - Throws: ``KafkaError``; at once if no broker lets the client in, whatever the time left.
    func partitionCount(of topic: String, milliseconds: Int32) throws(KafkaError) -> Int {
        let operation = "describe topic \(topic)"
        guard let handle = unsafe rd_kafka_topic_new(pointer, topic, nil) else {
            throw Self.error(rd_kafka_last_error().rawValue, operation)
        }
        defer { unsafe rd_kafka_topic_destroy(handle) }
        var (left, patience) = (milliseconds, Self.patience)
        var trouble: KafkaError?
        while true {
            let wait = min(left, patience)
            do throws(KafkaError) {
                let count = try unsafe partitionCount(handle, milliseconds: wait, operation)
                callbacks.remember(nil)
                return count
            } catch {
                guard error.isSilence else { throw callbacks.explained(error) }
                left -= wait
                trouble = takeTrouble(after: milliseconds - left) ?? trouble
                try Self.stop(at: trouble, after: milliseconds - left, operation)
                patience = min(patience, .max / 2) * 2
                if left <= 0 { throw error.because(of: trouble) }
            }
        }
    }

    private func partitionCount(
        _ topic: OpaquePointer,
        milliseconds: Int32,
        _ operation: String
    ) throws(KafkaError) -> Int {
        var found: UnsafePointer<rd_kafka_metadata>?
        let code = unsafe rd_kafka_metadata(pointer, 0, topic, &found, milliseconds)
        try Self.check(code.rawValue, operation)
        guard let metadata = unsafe found else { throw .own(operation, "no answer") }
        defer { unsafe rd_kafka_metadata_destroy(metadata) }
        guard unsafe metadata.pointee.topic_cnt == 1 else {
            throw .own(operation, "no such topic in the answer")
        }
        let described = unsafe metadata.pointee.topics[0]
        try Self.check(unsafe described.err.rawValue, operation)
        return unsafe Int(described.partition_cnt)
    }

    /// Throws the error if it says that a broker does not let the client in, and no other has
    /// answered for long.
    private static func stop(
        at trouble: KafkaError?,
        after milliseconds: Int32,
        _ operation: String
    ) throws(KafkaError) {
        guard let trouble, trouble.isRefusedEntry, milliseconds >= longSilence else { return }
        throw trouble.during(operation)
    }

    /// Asks, and waits for the one answer.
    ///
    /// - Throws: ``KafkaError``; at once if no broker lets the client in, whatever the time left.
    private func answer(
        _ operation: String,
        _ milliseconds: Int32,
        _ ask: (OpaquePointer?) -> Void
    ) throws(KafkaError) -> OpaquePointer {
        let queue = unsafe rd_kafka_queue_new(pointer)
        defer { unsafe rd_kafka_queue_destroy(queue) }
        unsafe ask(queue)
        // librdkafka's own deadline comes first.
        let limit = milliseconds &+ 5_000
        var left = limit
        var trouble: KafkaError?
        var answer: OpaquePointer?
        while unsafe answer == nil, left > 0 {
            unsafe answer = rd_kafka_queue_poll(queue, min(left, Self.patience))
            left -= Self.patience
            if unsafe answer == nil {
                trouble = takeTrouble(after: limit - left) ?? trouble
                try Self.stop(at: trouble, after: limit - left, operation)
            }
        }
        guard let event = unsafe answer else {
            throw Self.error(RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue, operation).because(of: trouble)
        }
        let code = unsafe rd_kafka_event_error(event)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            let text = unsafe rd_kafka_event_error_string(event).map { unsafe String(cString: $0) }
            unsafe rd_kafka_event_destroy(event)
            let error = callbacks.explained(Self.error(code.rawValue, operation, text))
            throw error.isSilence ? error.because(of: trouble) : error
        }
        callbacks.remember(nil)
        return unsafe event
    }
}
