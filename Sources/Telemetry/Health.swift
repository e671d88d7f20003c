import Synchronization

/// Whether a program works, asked by whoever restarts it and whoever sends it work.
///
/// Each part of the program reports for itself; the worst report is the program's. Everything may
/// be called from any thread and takes a lock for a moment.
public final class Health: Sendable {
    /// A part of the program; declare each once, as a static member.
    public struct Part: Hashable, Sendable {
        let name: String

        public init(_ name: StaticString) { self.name = "\(name)" }
    }

    /// How a part is, best first.
    public enum Condition: Equatable, Sendable {
        case ready
        /// It works, but not as it should: no reason to take work away.
        case degraded(String)
        /// It cannot work now: send it nothing, and do not restart it.
        case notReady(String)
        /// It will not work again: restart it.
        case failed(String)
    }

    private let conditions: Mutex<[Part: Condition]>

    /// Starts with all `parts` not ready; each has to report first.
    public init(_ parts: [Part]) {
        let starting = parts.map { ($0, Condition.notReady("starting")) }
        conditions = Mutex(Dictionary(starting) { first, _ in first })
    }

    /// Replaces what `part` reported before; a part that has failed stays so.
    public func report(_ part: Part, _ condition: Condition) {
        conditions.withLock { conditions in
            if case .failed = conditions[part] { return }
            conditions[part] = condition
        }
    }

    /// How the program is now.
    public var report: Report {
        let conditions = conditions.withLock { $0 }
        return Report(conditions.sorted { $0.key.name < $1.key.name }.map { ($0.key, $0.value) })
    }
}

extension Health {
    /// What all parts reported, at one moment.
    public struct Report: Equatable, Sendable {
        /// What one part says against it.
        public struct Reason: Equatable, Sendable {
            public let part: String
            public let text: String
        }

        /// The worst condition of a part.
        public enum Status: Int, Comparable, Sendable {
            case ready, degraded, notReady, failed

            public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
        }

        public let status: Status
        /// Of every part that is not ready, in order of name.
        public let reasons: [Reason]

        /// False means: restart it.
        public var isLive: Bool { status != .failed }
        /// True also if degraded.
        public var isReady: Bool { status <= .degraded }

        init(_ conditions: [(part: Part, condition: Condition)]) {
            status = conditions.map(\.condition.status).max() ?? .ready
            reasons = conditions.compactMap { part, condition in
                condition.text.map { Reason(part: part.name, text: $0) }
            }
        }

        /// One object of JSON, with `status` (`ready`, `degraded`, `not ready`, `failed`) and
        /// `reasons`.
        public var json: String {
            let list = reasons.map { "{\"part\":\(quoted($0.part)),\"reason\":\(quoted($0.text))}" }
            return
                "{\"status\":\(quoted(status.name)),\"reasons\":[\(list.joined(separator: ","))]}"
        }
    }
}

extension Health.Report.Status {
    fileprivate var name: String {
        switch self {
        case .ready: "ready"
        case .degraded: "degraded"
        case .notReady: "not ready"
        case .failed: "failed"
        }
    }
}

extension Health.Condition {
    fileprivate var status: Health.Report.Status {
        switch self {
        case .ready: .ready
        case .degraded: .degraded
        case .notReady: .notReady
        case .failed: .failed
        }
    }

    fileprivate var text: String? {
        switch self {
        case .ready: nil
        case .degraded(let text), .notReady(let text), .failed(let text): text
        }
    }
}
