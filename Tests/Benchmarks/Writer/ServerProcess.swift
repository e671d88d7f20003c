import Foundation

/// A process, as the system's counters show it.
struct ServerProcess: Sendable {
    let pid: Int
    private static let tick = 1 / Double(sysconf(Int32(_SC_CLK_TCK)))

    init(_ pid: Int) {
        self.pid = pid
    }

    /// The fields of a process behind its name, or none if it has ended.
    private static func fields(_ pid: Int) -> [Substring] {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return [] }
        return text[text.index(after: end)...].split(separator: " ")
    }

    /// The sum of some of the fields, which are ticks, in seconds.
    private static func sum(_ places: ClosedRange<Int>, of pid: Int) -> Double {
        let fields = fields(pid)
        guard places.upperBound < fields.count else { return 0 }
        return places.reduce(0) { $0 + (Double(fields[$1]) ?? 0) } * tick
    }

    /// Seconds of CPU time of the process and its threads.
    var cpu: Double { Self.sum(11...12, of: pid) }

    /// Seconds of CPU time of the process, of the children that have ended, and of those that run.
    var familyCPU: Double {
        let path = "/proc/\(pid)/task/\(pid)/children"
        let children = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return children.split(separator: " ").compactMap { Int($0) }
            .reduce(Self.sum(11...14, of: pid)) { $0 + Self.sum(11...12, of: $1) }
    }

    /// Seconds of CPU time of all processes on all cores, since the machine started.
    static var all: Double {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first ?? ""
        let fields = line.split(separator: " ").dropFirst().map { Double($0) ?? 0 }
        guard fields.count > 7 else { return 0 }
        // User, nice, system, interrupts, and what the host gave to others.
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) * tick
    }

    /// The most memory that was resident so far, in megabytes of 2^20 bytes.
    var peakMemory: Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.count > 1 ? (Double(words[1]) ?? 0) / 1_024 : 0
        }
        return 0
    }
}
