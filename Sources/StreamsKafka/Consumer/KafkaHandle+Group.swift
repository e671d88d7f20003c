private import CLibrdkafka

/// The calls of a member of a consumer group.
extension KafkaHandle {
    func subscribe(to topic: String) throws(KafkaError) {
        let list = unsafe rd_kafka_topic_partition_list_new(1)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        unsafe rd_kafka_topic_partition_list_add(list, topic, -1)
        let code = unsafe rd_kafka_subscribe(pointer, list)
        try Self.check(code.rawValue, "subscribe to \(topic)")
    }

    /// Whether the group takes partitions one by one instead of all at a time.
    var isCooperative: Bool {
        unsafe rd_kafka_rebalance_protocol(pointer).map { unsafe String(cString: $0) }
            == "COOPERATIVE"
    }

    /// Whether what is held belongs to others already.
    var isAssignmentLost: Bool { unsafe rd_kafka_assignment_lost(pointer) != 0 }

    /// Takes partitions, each paused until a reader asks for it.
    ///
    /// They begin at offset 0, never at a place that librdkafka would have to ask for: its answer can
    /// come after a reader's seek and undo it, and what lies between would be passed over. Whatever is
    /// fetched from 0 in spite of the pause is before what a reader wants, and dropped.
    func assign(_ partitions: [Int], of topic: String) throws(KafkaError) {
        let operation = "take partitions of \(topic)"
        let list = unsafe list(partitions, of: topic, at: 0)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        if isCooperative {
            try unsafe Self.check(rd_kafka_incremental_assign(pointer, list), operation)
        } else {
            try Self.check(unsafe rd_kafka_assign(pointer, list).rawValue, operation)
        }
        unsafe _ = rd_kafka_pause_partitions(pointer, list)
    }

    /// Gives partitions up: all of them, unless the group takes them one by one.
    func unassign(_ partitions: [Int], of topic: String) throws(KafkaError) {
        let operation = "give up partitions of \(topic)"
        if isCooperative {
            let list = unsafe list(partitions, of: topic)
            defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
            try unsafe Self.check(rd_kafka_incremental_unassign(pointer, list), operation)
        } else {
            try Self.check(unsafe rd_kafka_assign(pointer, nil).rawValue, operation)
        }
    }

    func pause(_ partitions: [Int], of topic: String) {
        let list = unsafe list(partitions, of: topic)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        unsafe _ = rd_kafka_pause_partitions(pointer, list)
    }

    /// Goes on with a paused partition at `offset`, whatever librdkafka thinks where it was.
    func resume(_ partition: Int, of topic: String, at offset: Int) throws(KafkaError) {
        let operation = "seek in \(topic)/\(partition)"
        let list = unsafe list([partition], of: topic, at: Int64(offset))
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        // First, because it is the seek that wakes the thread that fetches: what is fetched before
        // the seek counts as outdated and is dropped.
        unsafe _ = rd_kafka_resume_partitions(pointer, list)
        // Waits for librdkafka's own thread alone, not for a broker.
        try unsafe Self.check(
            rd_kafka_seek_partitions(pointer, list, Self.seekMilliseconds),
            operation
        )
        try Self.check(unsafe list.pointee.elems[0].err.rawValue, operation)
    }

    private static let seekMilliseconds: Int32 = 200

    /// Tells the group how far the member has come, without waiting for an answer.
    func commit(_ offsets: [Int: Int], of topic: String) {
        let list = unsafe list([], of: topic)
        defer { unsafe rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in offsets {
            let entry = unsafe rd_kafka_topic_partition_list_add(
                list,
                topic,
                Int32(clamping: partition)
            )
            unsafe entry?.pointee.offset = Int64(offset)
        }
        unsafe _ = rd_kafka_commit(pointer, list, 1)
    }

    /// Leaves the group; blocks until the broker knows, or cannot be told.
    func leaveGroup() {
        callbacks.beginClosing()
        unsafe _ = rd_kafka_consumer_close(pointer)
    }

    private func list(
        _ partitions: [Int],
        of topic: String,
        at offset: Int64 = Int64(RD_KAFKA_OFFSET_INVALID)
    ) -> UnsafeMutablePointer<rd_kafka_topic_partition_list_t> {
        guard let list = unsafe rd_kafka_topic_partition_list_new(Int32(partitions.count)) else {
            preconditionFailure("librdkafka ends the process when memory is out")
        }
        for partition in partitions {
            let entry = unsafe rd_kafka_topic_partition_list_add(
                list,
                topic,
                Int32(clamping: partition)
            )
            unsafe entry?.pointee.offset = offset
        }
        return unsafe list
    }
}
