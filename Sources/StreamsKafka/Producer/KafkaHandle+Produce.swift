private import CLibrdkafka

/// The calls of a producer.
extension KafkaHandle {
    /// Hands records of a batch to librdkafka, which copies them, until it takes no more.
    ///
    /// - Returns: How many it took, and why no more, if not all.
    func enqueue(
        _ batch: KafkaBatch,
        from first: Int,
        to topic: ProducerTopic
    ) -> (count: Int, refusal: KafkaError?) {
        let bytes = batch.bytes
        return unsafe bytes.withUnsafeBytes { arena in
            var values: [rd_kafka_vu_t] = unsafe []
            for index in first..<batch.records.count {
                unsafe values.removeAll(keepingCapacity: true)
                unsafe describe(batch.records[index], batch.headers, arena, topic, into: &values)
                guard let error = unsafe rd_kafka_produceva(pointer, values, values.count) else {
                    continue
                }
                var refusal: KafkaError?
                do throws(KafkaError) {
                    try unsafe Self.check(error, "produce to \(topic.name)")
                } catch {
                    refusal = error.isFatal ? finalError(error.operation) ?? error : error
                }
                return (index - first, refusal)
            }
            return (batch.records.count - first, nil)
        }
    }

    private func describe(
        _ record: KafkaBatch.Record,
        _ headers: [KafkaBatch.Header],
        _ arena: UnsafeRawBufferPointer,
        _ topic: ProducerTopic,
        into values: inout [rd_kafka_vu_t]
    ) {
        var value = unsafe rd_kafka_vu_t()
        unsafe value.vtype = RD_KAFKA_VTYPE_RKT
        unsafe value.u.rkt = topic.pointer
        unsafe values.append(value)
        unsafe value.vtype = RD_KAFKA_VTYPE_PARTITION
        unsafe value.u.i32 = record.partition
        unsafe values.append(value)
        unsafe value.vtype = RD_KAFKA_VTYPE_MSGFLAGS
        unsafe value.u.i = Int32(RD_KAFKA_MSG_F_COPY)
        unsafe values.append(value)
        unsafe value.vtype = RD_KAFKA_VTYPE_KEY
        unsafe value.u.mem = part(arena, record.keyStart, record.keyCount)
        unsafe values.append(value)
        unsafe value.vtype = RD_KAFKA_VTYPE_VALUE
        unsafe value.u.mem = part(arena, record.valueStart, record.valueCount)
        unsafe values.append(value)
        for index in 0..<Int(record.headerCount) {
            let header = headers[Int(record.firstHeader) + index]
            unsafe value.vtype = RD_KAFKA_VTYPE_HEADER
            unsafe value.u.header.name = address(arena, header.nameStart)?
                .assumingMemoryBound(to: CChar.self)
            unsafe value.u.header.val = address(arena, header.valueStart)
            unsafe value.u.header.size = Int(header.valueCount)
            unsafe values.append(value)
        }
    }

    private func address(_ arena: UnsafeRawBufferPointer, _ start: UInt32) -> UnsafeRawPointer? {
        unsafe arena.baseAddress.map { unsafe $0 + Int(start) }
    }

    /// A count of -1 is nothing at all, which differs from nothing in it.
    private func part(
        _ arena: UnsafeRawBufferPointer,
        _ start: UInt32,
        _ count: Int32
    ) -> rd_kafka_vu_s.__Unnamed_union_u.__Unnamed_struct_mem {
        var part = unsafe rd_kafka_vu_s.__Unnamed_union_u.__Unnamed_struct_mem()
        guard count >= 0 else { return unsafe part }
        // librdkafka copies and does not write.
        unsafe part.ptr = UnsafeMutableRawPointer(mutating: address(arena, start) ?? Self.nowhere)
        unsafe part.size = Int(count)
        return unsafe part
    }

    /// An address for what is empty.
    private static var nowhere: UnsafeRawPointer {
        let name: StaticString = "nowhere"
        return unsafe UnsafeRawPointer(name.utf8Start)
    }

    /// Sends what waits, without lingering; blocks until all of it has been answered.
    ///
    /// - Returns: Whether it has.
    func flush(milliseconds: Int32) -> Bool {
        unsafe rd_kafka_flush(pointer, milliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// The most a call on a transaction waits, in milliseconds.
    private static let transactionMilliseconds: Int32 = 60_000

    func initTransactions() throws(KafkaError) {
        try unsafe Self.check(
            rd_kafka_init_transactions(pointer, Self.transactionMilliseconds),
            "take over the transactional id"
        )
    }

    func beginTransaction() throws(KafkaError) {
        try unsafe Self.check(rd_kafka_begin_transaction(pointer), "begin a transaction")
    }

    func commitTransaction() throws(KafkaError) {
        try unsafe Self.check(
            rd_kafka_commit_transaction(pointer, Self.transactionMilliseconds),
            "commit a transaction"
        )
    }

    func abortTransaction() throws(KafkaError) {
        try unsafe Self.check(
            rd_kafka_abort_transaction(pointer, Self.transactionMilliseconds),
            "abort a transaction"
        )
    }
}

/// Owns librdkafka's handle of a topic that is produced to; the client outlives it.
final class ProducerTopic: Sendable {
    let name: String
    private let handle: KafkaHandle
    private let address: UInt

    init(_ name: String, _ handle: KafkaHandle) throws(KafkaError) {
        guard !name.isEmpty, !name.utf8.contains(0),
            let topic = unsafe rd_kafka_topic_new(handle.pointer, name, nil)
        else { throw .own("produce to '\(name)'", "this is no name of a topic") }
        self.name = name
        self.handle = handle
        address = UInt(bitPattern: topic)
    }

    deinit { unsafe rd_kafka_topic_destroy(pointer) }

    var pointer: OpaquePointer? { unsafe OpaquePointer(bitPattern: address) }
}

/// The thread of a producer: takes reports of deliveries, errors and figures from librdkafka's queue.
@safe struct ProducerLoop: ~Copyable {
    private let handle: KafkaHandle
    private let queue: OpaquePointer

    init(_ handle: KafkaHandle, wakes: WakeCounter) throws(KafkaError) {
        guard let queue = unsafe rd_kafka_queue_get_main(handle.pointer) else {
            throw .own("make a producer", "librdkafka has no queue for it")
        }
        self.handle = handle
        unsafe self.queue = queue
        var one: UInt64 = 1
        unsafe rd_kafka_queue_io_event_enable(queue, wakes.descriptor, &one, 8)
    }

    deinit {
        unsafe rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
        unsafe rd_kafka_queue_destroy(queue)
    }

    /// Takes all that is there, and calls `report` with what became of records.
    func serve(_ report: (_ delivered: Int, _ failed: Int, KafkaError?) -> Void) {
        while let event = unsafe rd_kafka_queue_poll(queue, 0) {
            switch unsafe rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                var (delivered, failed) = (0, 0)
                var first: KafkaError?
                while let message = unsafe rd_kafka_event_message_next(event) {
                    let code = unsafe message.pointee.err
                    if code == RD_KAFKA_RESP_ERR_NO_ERROR {
                        delivered += 1
                        continue
                    }
                    failed += 1
                    if first == nil { first = failure(code.rawValue) }
                }
                report(delivered, failed, first)
            case RD_KAFKA_EVENT_ERROR:
                let text = unsafe rd_kafka_event_error_string(event).map {
                    unsafe String(cString: $0)
                }
                let code = unsafe rd_kafka_event_error(event).rawValue
                let error = KafkaHandle.error(code, "run the client", text)
                let final = error.isFatal ? handle.finalError(error.operation) ?? error : error
                let explained = handle.callbacks.explained(final)
                if explained.name != "_ALL_BROKERS_DOWN" { handle.callbacks.remember(explained) }
                handle.callbacks.observe(.error(explained))
            case RD_KAFKA_EVENT_STATS:
                if let text = unsafe rd_kafka_event_stats(event) {
                    handle.callbacks.observe(.statistics(Array(unsafe String(cString: text).utf8)))
                }
            default: break
            }
            unsafe rd_kafka_event_destroy(event)
        }
    }

    /// Why a record was not delivered; of one that waited too long, what it has waited for.
    private func failure(_ code: Int32) -> KafkaError {
        let error = handle.callbacks.explained(KafkaHandle.error(code, "deliver a record"))
        return error.isSilence ? error.because(of: handle.callbacks.trouble) : error
    }
}
