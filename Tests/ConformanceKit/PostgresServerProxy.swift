import Foundation
import Synchronization

/// Stands between a program and a PostgreSQL, understands what they say, and cuts the connection in
/// a COMMIT when it is told to.
public final class PostgresServerProxy: Sendable {
    /// What happens to a COMMIT.
    public enum Fate: Sendable {
        case pass
        /// The server never hears of it.
        case cutBefore
        /// The server commits and answers; nobody hears of that.
        case cutAfter
    }

    /// The way to the same database, through the proxy.
    public let url: String
    private let listener: Int32
    private let decide: @Sendable (_ number: Int) -> Fate
    private let counts = Mutex((commits: 0, lostAnswers: 0))

    /// How many COMMITs there were, on all connections.
    public var commits: Int { counts.withLock { $0.commits } }
    /// How many answers to a COMMIT that took place were dropped.
    public var lostAnswers: Int { counts.withLock { $0.lostAnswers } }

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - url: Of a database on a server that is reached by TCP.
    ///   - decide: Is asked about each COMMIT; they are numbered from 1, on all connections together.
    /// - Throws: ``PostgresServerError``.
    public init(
        to url: String,
        _ decide: @escaping @Sendable (_ number: Int) -> Fate
    ) throws {
        guard var parts = URLComponents(string: url), let host = parts.host else {
            throw PostgresServerError(description: "no URL: \(url)")
        }
        self.decide = decide
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(host: "127.0.0.1", port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard isBound else { throw PostgresServerError(description: "no free port") }
        let server = Self.address(
            host: host == "localhost" ? "127.0.0.1" : host,
            port: parts.port ?? 5_432
        )
        parts.host = "127.0.0.1"
        parts.port = Int(UInt16(bigEndian: address.sin_port))
        parts.query = "sslmode=disable"
        self.url = parts.string ?? ""
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 { return }
                serve(client, server)
            }
        }
    }

    /// Listens no more; what is connected stays so.
    public func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func address(host: String, port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = unsafe inet_addr(host)
        return address
    }

    private func serve(_ client: Int32, _ address: sockaddr_in) {
        var address = address
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                let size = socklen_t(MemoryLayout<sockaddr_in>.size)
                return unsafe connect(server, pointer, size) == 0
            }
        }
        guard isConnected else {
            close(client)
            close(server)
            return
        }
        let relay = Relay(client, server)
        Thread.detachNewThread { [self] in
            pump(from: server, to: client, firstHasType: true) { answer in
                guard relay.dropsAnswers.withLock({ $0 }) else { return .pass }
                if answer.isCompletion(of: "COMMIT") {
                    counts.withLock { $0.lostAnswers += 1 }
                    return .end
                }
                return answer.type == UInt8(ascii: "Z") ? .end : .drop
            }
            relay.end()
        }
        Thread.detachNewThread { [self] in
            pump(from: client, to: server, firstHasType: false) { message in
                guard message.isStatement("COMMIT") else { return .pass }
                let number = counts.withLock { counts in
                    counts.commits += 1
                    return counts.commits
                }
                switch decide(number) {
                case .pass: return .pass
                case .cutBefore: return .end
                case .cutAfter:
                    relay.dropsAnswers.withLock { $0 = true }
                    return .pass
                }
            }
            relay.end()
        }
    }

    /// What the two directions of a connection share.
    private final class Relay: Sendable {
        let dropsAnswers = Mutex(false)
        private let client: Int32
        private let server: Int32
        private let open = Mutex(2)

        init(_ client: Int32, _ server: Int32) {
            (self.client, self.server) = (client, server)
        }

        /// Ends both directions, and closes both sockets when both have ended, for others may get
        /// their numbers.
        func end() {
            open.withLock { open in
                open -= 1
                if open > 0 {
                    shutdown(client, Int32(SHUT_RDWR))
                    shutdown(server, Int32(SHUT_RDWR))
                } else {
                    close(client)
                    close(server)
                }
            }
        }
    }

    private enum Step { case pass, drop, end }

    /// One message of the protocol.
    private struct Message {
        /// 0 for the first of a client, which has none.
        let type: UInt8
        let content: ArraySlice<UInt8>

        /// Whether a simple query, or one to be parsed, is `text`, which may be one of several.
        func isStatement(_ text: String) -> Bool {
            (type == UInt8(ascii: "Q") || type == UInt8(ascii: "P"))
                && content.split { $0 == 0 || $0 == UInt8(ascii: ";") }.contains { part in
                    part.drop { $0 == UInt8(ascii: " ") }.elementsEqual(text.utf8)
                }
        }

        func isCompletion(of command: String) -> Bool {
            type == UInt8(ascii: "C") && content.dropLast().elementsEqual(command.utf8)
        }
    }

    /// Hands messages on, whole ones, until one side ends or `decide` says so.
    private func pump(
        from source: Int32,
        to target: Int32,
        firstHasType: Bool,
        _ decide: (Message) -> Step
    ) {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var hasType = firstHasType
        while true {
            let count = unsafe recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            pending += buffer[..<count]
            var passed: [UInt8] = []
            var start = 0
            var isOver = false
            while !isOver {
                let head = hasType ? 1 : 0
                guard pending.count >= start + head + 4 else { break }
                let length = pending[start + head..<start + head + 4].reduce(0) {
                    $0 << 8 | Int($1)
                }
                let end = start + head + length
                guard pending.count >= end else { break }
                let type = hasType ? pending[start] : 0
                switch decide(Message(type: type, content: pending[start + head + 4..<end])) {
                case .pass: passed += pending[start..<end]
                case .drop: break
                case .end: isOver = true
                }
                hasType = true
                start = end
            }
            pending.removeFirst(start)
            guard Self.send(passed, to: target), !isOver else { return }
        }
    }

    private static func send(_ bytes: [UInt8], to target: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let size = unsafe bytes.withUnsafeBytes { pointer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: pointer[sent...])
                return unsafe Foundation.send(
                    target,
                    rest.baseAddress,
                    rest.count,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard size > 0 else { return false }
            sent += size
        }
        return true
    }
}
