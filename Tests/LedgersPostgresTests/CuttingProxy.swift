import Foundation
import Synchronization

/// Stands between a store and its server, and cuts the connection in a COMMIT when it is told to.
final class CuttingProxy: Sendable {
    enum Cut: Sendable {
        case never
        /// The server never hears of the COMMIT.
        case before
        /// The server commits, and nobody hears of that.
        case after
    }

    /// What happens to the next COMMIT; afterwards to none.
    let cut = Mutex(Cut.never)
    let port: Int
    private let listener: Int32

    init(to host: String, port serverPort: Int) throws {
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
        guard isBound else { throw POSIXError(.EADDRINUSE) }
        port = Int(UInt16(bigEndian: address.sin_port))
        let server = Self.address(host: host == "localhost" ? "127.0.0.1" : host, port: serverPort)
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 { return }
                serve(client, server)
            }
        }
    }

    func stop() {
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
        let state = Relay()
        Thread.detachNewThread {
            Self.pump(server, client) { _ in state.isMute.withLock { $0 } ? .drop : .pass }
            // What a muted server has said is all that it will say.
            shutdown(client, Int32(SHUT_RDWR))
            state.end(client, server)
        }
        Thread.detachNewThread { [self] in
            Self.pump(client, server) { bytes in
                guard bytes.firstRange(of: Array("COMMIT".utf8)) != nil else { return .pass }
                return cut.withLock { cut in
                    defer { cut = .never }
                    switch cut {
                    case .never: return .pass
                    case .before: return .end
                    case .after:
                        state.isMute.withLock { $0 = true }
                        return .passAndEnd
                    }
                }
            }
            shutdown(server, Int32(SHUT_WR))
            state.end(client, server)
        }
    }

    /// What the two directions of a connection share.
    private final class Relay: Sendable {
        /// Whether what the server says is dropped.
        let isMute = Mutex(false)
        private let open = Mutex(2)

        /// Closes both sockets when both directions have ended, for others may get their numbers.
        func end(_ client: Int32, _ server: Int32) {
            let left = open.withLock { open in
                open -= 1
                return open
            }
            guard left == 0 else { return }
            close(client)
            close(server)
        }
    }

    private enum Step {
        case pass
        case drop
        case end
        case passAndEnd
    }

    private static func pump(_ from: Int32, _ to: Int32, _ decide: ([UInt8]) -> Step) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            let bytes = Array(buffer[..<count])
            let step = decide(bytes)
            if step == .drop { continue }
            if step == .end { return }
            var sent = 0
            while sent < count {
                let size = unsafe bytes.withUnsafeBytes { pointer in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: pointer[sent...])
                    return unsafe send(
                        to,
                        rest.baseAddress,
                        rest.count,
                        Int32(MSG_NOSIGNAL)
                    )
                }
                guard size > 0 else { return }
                sent += size
            }
            if step == .passAndEnd { return }
        }
    }
}
