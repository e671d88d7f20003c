/// The figures of librdkafka that are shown as metrics, out of its JSON.
struct KafkaStatistics: Equatable {
    var isConsumer = false
    /// What brokers have sent, in bytes.
    var receivedBytes = 0
    var rebalances = 0
    /// What has been read ahead, of all partitions.
    var queuedRecords = 0
    var queuedBytes = 0
    var brokersUp = 0

    init() {}

    /// Reads what the client tells, or returns `nil` if it is no object; what is missing stays 0.
    ///
    /// - Parameter json: In UTF-8.
    init?(json: [UInt8]) {
        var walk = JSONWalk(json: json)
        var nodeID = -1
        var isLogical = false
        let isWhole = walk.leaves { path, value in
            let number = Int(value) ?? 0
            switch (path.count, path.first, path.last) {
            case (1, "type", _): isConsumer = value == "consumer"
            case (1, "rx_bytes", _): receivedBytes = max(0, number)
            case (2, "cgrp", "rebalance_cnt"): rebalances = max(0, number)
            // Beside brokers there are addresses to begin with, and the group's coordinator, which
            // is one of the brokers.
            case (3, "brokers", "nodeid"): nodeID = number
            case (3, "brokers", "source"): isLogical = value == "logical"
            case (3, "brokers", "state"):
                if value == "UP", nodeID >= 0, !isLogical { brokersUp += 1 }
            case (5, "topics", "fetchq_cnt"): queuedRecords &+= max(0, number)
            case (5, "topics", "fetchq_size"): queuedBytes &+= max(0, number)
            default: break
            }
        }
        guard isWhole else { return nil }
    }
}

/// Goes through the objects of a JSON text; arrays are passed over.
private struct JSONWalk {
    private static let depthMax = 16

    private let json: [UInt8]
    private var index = 0
    private var path: [String] = []

    init(json: [UInt8]) { self.json = json }

    /// Shows each text, number or word in an object, with the keys that lead to it.
    ///
    /// - Returns: Whether the text is one object.
    mutating func leaves(_ body: ([String], String) -> Void) -> Bool {
        guard object(body) else { return false }
        return peek() == nil
    }

    private mutating func peek() -> UInt8? {
        while index < json.count, [0x20, 0x0A, 0x0D, 0x09].contains(json[index]) { index += 1 }
        return index < json.count ? json[index] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func object(_ body: ([String], String) -> Void) -> Bool {
        guard path.count < Self.depthMax, take("{") else { return false }
        if take("}") { return true }
        repeat {
            guard let key = text(), take(":") else { return false }
            path.append(key)
            guard value(body) else { return false }
            path.removeLast()
        } while take(",")
        return take("}")
    }

    private mutating func value(_ body: ([String], String) -> Void) -> Bool {
        switch peek() {
        case UInt8(ascii: "{"): return object(body)
        case UInt8(ascii: "["):
            index += 1
            guard path.count < Self.depthMax else { return false }
            if take("]") { return true }
            path.append("")
            repeat { guard value({ _, _ in }) else { return false } } while take(",")
            path.removeLast()
            return take("]")
        case UInt8(ascii: "\""):
            guard let text = text() else { return false }
            body(path, text)
            return true
        default:
            let start = index
            while index < json.count, !",}] \n\r\t".utf8.contains(json[index]) { index += 1 }
            guard index > start else { return false }
            body(path, String(decoding: json[start..<index], as: UTF8.self))
            return true
        }
    }

    /// A text, its escapes as they are.
    private mutating func text() -> String? {
        guard take("\"") else { return nil }
        let start = index
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard index < json.count else { return nil }
        defer { index += 1 }
        return String(decoding: json[start..<index], as: UTF8.self)
    }
}
