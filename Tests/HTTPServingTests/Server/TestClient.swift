import Glibc

/// A blocking client that does exactly what a test says.
final class TestClient {
    private let number: Int32

    init(port: UInt16, receiveBytes: Int32? = nil) throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var bytes = receiveBytes {
            unsafe setsockopt(number, SOL_SOCKET, SO_RCVBUF, &bytes, 4)
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(
            number,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &patience,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(number, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Refused(code: errno) }
    }

    deinit { close(number) }

    struct Refused: Error {
        let code: Int32
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func endSending() { shutdown(number, Int32(SHUT_WR)) }

    /// At most `count` bytes; empty when the server has ended the connection.
    func receive(_ count: Int = 65_536) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = unsafe recv(number, &buffer, count, 0)
        return Array(buffer.prefix(max(0, received)))
    }

    /// Everything until the server ends the connection.
    func receiveToEnd() -> String {
        var all: [UInt8] = []
        while true {
            let piece = receive()
            if piece.isEmpty { return String(decoding: all, as: UTF8.self) }
            all += piece
        }
    }

    /// One answer with `Content-Length`, to anything but HEAD.
    func receiveAnswer() -> String {
        var all: [UInt8] = []
        while true {
            let text = String(decoding: all, as: UTF8.self)
            if let head = text.firstRange(of: "\r\n\r\n"),
                let length = text.firstMatch(of: /Content-Length: (\d+)/).flatMap({ Int($0.1) }),
                text[head.upperBound...].utf8.count >= length
            {
                return text
            }
            let piece = receive(1)
            if piece.isEmpty { return text }
            all += piece
        }
    }
}
