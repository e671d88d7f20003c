import Streams

/// Records of one partition in one arena, and the offsets that they stand for.
struct RecordBuffer: Sendable {
    var elements: [LogRecord] = []
    var bytes: [UInt8] = []
    /// Records outside of these are none of this buffer's.
    var lower = 0
    var upper = 0
    /// Whether the log had no more after these when they were fetched.
    var isAtEnd = false

    /// What it takes up, in bytes.
    var byteCount: Int { bytes.count + elements.count * MemoryLayout<LogRecord>.stride }

    mutating func clear(at offset: Int) {
        elements.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        lower = offset
        upper = offset
        isAtEnd = false
    }
}
