private import CLinux
import Glibc

/// A socket that listens.
struct Listener: Sendable {
    let descriptor: Descriptor
    let port: UInt16

    /// Accepted connections that wait to be taken, at most.
    private static let backlog: Int32 = 128

    init(host: String, port: UInt16) throws(HTTPServerError) {
        let socket = try Self.bound(host: host, port: port)
        guard listen(socket.number, Self.backlog) == 0 else {
            throw Self.error("listen", errno, host, port)
        }
        descriptor = socket
        self.port = try Self.port(of: socket)
    }

    /// The result of one try to take a connection.
    enum Accepted {
        case socket(Descriptor)
        /// Nobody waits, or who did has gone.
        case none
        /// The system is short of something; try later.
        case exhausted
    }

    func accept() -> Accepted {
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = accept4(descriptor.number, nil, nil, flags)
        guard number >= 0 else {
            switch errno {
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            default: return .none
            }
        }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // Head and content leave in one write; waiting for more would only delay them.
        _ = unsafe setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        return .socket(Descriptor(number))
    }

    private static func bound(
        host: String,
        port: UInt16
    ) throws(HTTPServerError) -> Descriptor {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, "\(port)", &hints, &found) == 0, let found = unsafe found
        else { throw .invalidHost(host) }
        defer { unsafe freeaddrinfo(found) }
        let address = unsafe found.pointee
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = unsafe socket(address.ai_family, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .system(call: "socket", code: errno) }
        let descriptor = Descriptor(number)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // A restart need not wait for the connections of the process before.
        guard unsafe setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, size) == 0 else {
            throw .system(call: "setsockopt", code: errno)
        }
        guard unsafe bind(number, address.ai_addr, address.ai_addrlen) == 0 else {
            throw error("bind", errno, host, port)
        }
        return descriptor
    }

    private static func port(of socket: Descriptor) throws(HTTPServerError) -> UInt16 {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress else { return Int32(-1) }
            return unsafe getsockname(
                socket.number,
                base.assumingMemoryBound(to: sockaddr.self),
                &size
            )
        }
        guard result == 0 else { throw .system(call: "getsockname", code: errno) }
        // The port stands at the same place in addresses of both families.
        return unsafe withUnsafeBytes(of: storage) { bytes in
            unsafe UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    private static func error(
        _ call: String,
        _ code: Int32,
        _ host: String,
        _ port: UInt16
    ) -> HTTPServerError {
        switch code {
        case EADDRINUSE: .addressInUse(host: host, port: port)
        case EADDRNOTAVAIL: .addressNotAvailable(host: host)
        case EACCES, EPERM: .notPermitted(host: host, port: port)
        default: .system(call: call, code: code)
        }
    }
}
