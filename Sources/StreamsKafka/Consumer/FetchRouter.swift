private import CLibrdkafka
import Streams

/// Moves what librdkafka has fetched into the buffers of the partitions, a thousand messages at a
/// time; used by one thread.
///
/// Values are copied into the arena of a buffer and the messages given back at once: librdkafka then
/// keeps no more than what it is about to hand over, and one chunk has one arena.
@safe struct FetchRouter: ~Copyable {
    /// What a message says that is no record.
    struct Notice: Sendable {
        let partition: Int
        let offset: Int
        let error: KafkaError
        /// Whether the offset that was asked for is not there.
        let isOutOfRange: Bool
        /// Whether the bytes are not those that were written.
        let isDamage: Bool
    }

    private static let batch = 1_000

    private let member: KafkaMember
    private let queue: OpaquePointer
    private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    /// The partition that is being filled, or -1.
    private var partition: Int32 = -1
    private var buffer = RecordBuffer()
    /// Whether anybody reads the partition.
    private var isRead = false
    private var producerStart: UInt32 = 0
    private var producerCount: UInt32 = 0

    /// Takes the queue of a member's handle, and has `wakes` told when it is no longer empty.
    init(_ member: KafkaMember, wakes: WakeCounter) throws(KafkaError) {
        guard let queue = unsafe rd_kafka_queue_get_consumer(member.handle.pointer) else {
            throw .own("make a consumer", "librdkafka has no queue for it")
        }
        self.member = member
        unsafe self.queue = queue
        unsafe messages = .allocate(capacity: Self.batch)
        var one: UInt64 = 1
        unsafe rd_kafka_queue_io_event_enable(queue, wakes.descriptor, &one, 8)
    }

    deinit {
        unsafe rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
        unsafe rd_kafka_queue_destroy(queue)
        unsafe messages.deallocate()
    }

    /// Serves the callbacks and moves the messages that are there, a thousand at most.
    ///
    /// - Returns: How many messages there were, and what some of them say.
    mutating func serve() -> (count: Int, notices: [Notice]) {
        let count = unsafe rd_kafka_consume_batch_queue(queue, 0, messages, Self.batch)
        guard count > 0 else { return (0, []) }
        var notices: [Notice] = []
        for index in 0..<count {
            guard let message = unsafe messages[index] else { continue }
            if unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                unsafe add(message)
            } else if unsafe message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
                unsafe begin(message.pointee.partition)
                unsafe end(at: Int(message.pointee.offset))
            } else {
                unsafe notices.append(notice(message))
            }
            unsafe rd_kafka_message_destroy(message)
        }
        finish()
        return (count, notices)
    }

    private mutating func begin(_ next: Int32) {
        if next == partition { return }
        finish()
        partition = next
        producerCount = 0
        if let filled = member.fill(Int(next)) {
            buffer = filled
            isRead = true
        } else {
            isRead = false
        }
    }

    private mutating func finish() {
        if isRead {
            let filled = buffer
            buffer = RecordBuffer()
            member.publish(Int(partition), filled)
        }
        partition = -1
        isRead = false
    }

    /// The partition has nothing more for now.
    private mutating func end(at offset: Int) {
        guard isRead else { return }
        if offset > buffer.upper {
            guard member.admitsGap(Int(partition), to: offset) else { return }
            buffer.upper = offset
        }
        buffer.isAtEnd = true
    }

    private mutating func add(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        unsafe begin(message.pointee.partition)
        let offset = unsafe Int(message.pointee.offset)
        // Fetched twice, around a pause.
        guard isRead, offset >= buffer.upper else { return }
        if offset > buffer.upper, buffer.elements.isEmpty {
            guard member.admitsGap(Int(partition), to: offset) else { return }
        }
        let start = buffer.bytes.count
        let count = unsafe message.pointee.len
        if let payload = unsafe message.pointee.payload, count > 0 {
            unsafe buffer.bytes.append(
                contentsOf: UnsafeRawBufferPointer(start: payload, count: count)
            )
        }
        var record = LogRecord(
            offset: offset,
            start: UInt32(truncatingIfNeeded: start),
            count: UInt32(truncatingIfNeeded: count)
        )
        var headers: OpaquePointer?
        if unsafe rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let headers = unsafe headers
        {
            unsafe readHeaders(headers, into: &record)
        }
        buffer.elements.append(record)
        buffer.upper = offset + 1
        buffer.isAtEnd = false
        if buffer.elements.count >= member.recordLimit
            || buffer.bytes.count >= FetchBuffers.bufferBytes
        {
            finish()
        }
    }

    /// Fills in who has produced the record, and as which of its own, as far as headers say.
    private mutating func readHeaders(_ headers: OpaquePointer, into record: inout LogRecord) {
        var value: UnsafeRawPointer?
        var count = 0
        let sequenceName: StaticString = "caracal-sequence"
        let producerName: StaticString = "caracal-producer"
        if unsafe rd_kafka_header_get_last(headers, chars(sequenceName), &value, &count)
            == RD_KAFKA_RESP_ERR_NO_ERROR,
            let sequence = unsafe KafkaHeaders.sequence(
                UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : count)
            )
        {
            record.sequence = sequence
        }
        guard
            unsafe rd_kafka_header_get_last(headers, chars(producerName), &value, &count)
                == RD_KAFKA_RESP_ERR_NO_ERROR,
            let name = unsafe value, count > 0, count <= KafkaHeaders.producerBytes
        else { return }
        let bytes = unsafe UnsafeRawBufferPointer(start: name, count: count)
        if unsafe !isLastProducer(bytes) {
            guard unsafe KafkaHeaders.isText(bytes) else { return }
            producerStart = UInt32(truncatingIfNeeded: buffer.bytes.count)
            producerCount = UInt32(truncatingIfNeeded: count)
            unsafe buffer.bytes.append(contentsOf: bytes)
        }
        record.producerStart = producerStart
        record.producerCount = producerCount
    }

    private func isLastProducer(_ name: UnsafeRawBufferPointer) -> Bool {
        guard producerCount > 0, name.count == Int(producerCount) else { return false }
        let start = Int(producerStart)
        for index in 0..<name.count where unsafe buffer.bytes[start + index] != name[index] {
            return false
        }
        return true
    }

    private func chars(_ name: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    private func notice(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> Notice {
        let failed = unsafe message.pointee
        // Of a message that failed, the value is a text.
        let text = unsafe rd_kafka_message_errstr(message).map { unsafe String(cString: $0) }
        let code = unsafe failed.err
        return unsafe Notice(
            partition: Int(failed.partition),
            offset: Int(failed.offset),
            error: KafkaHandle.error(code.rawValue, "read \(member.topic)", text),
            isOutOfRange: code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET
                || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
            isDamage: code == RD_KAFKA_RESP_ERR__BAD_MSG
                || code == RD_KAFKA_RESP_ERR_INVALID_MSG
                || code == RD_KAFKA_RESP_ERR__BAD_COMPRESSION
        )
    }
}
