import Glibc

/// Serves all connections of a server on one thread, which waits in one place.
final class EventLoop {
    /// A connection with its socket.
    private final class Client {
        let socket: Descriptor
        var connection: HTTPConnection
        var interest = Poller.Interest.read

        init(_ socket: Descriptor, _ connection: HTTPConnection) {
            self.socket = socket
            self.connection = connection
        }
    }

    private static let wakeUpToken: UInt64 = 0
    private static let listenerToken: UInt64 = 1
    /// Bytes taken of one connection before the next has its turn.
    private static let readBytesMax = 16_384
    /// Requests answered on one connection before the next has its turn.
    private static let requestsMax = 32
    /// Connections accepted before others have their turn.
    private static let acceptsMax = 64
    /// How long nothing is accepted when the system is short of descriptors or memory.
    private static let acceptPause = Duration.milliseconds(100)

    private let service: HTTPService
    private let wakeUp: WakeUp
    private let poller: Poller
    private var listener: Listener?
    /// By tokens that are never used again: an event of a connection that was closed a moment ago
    /// meets nobody, even if its descriptor is another's now.
    private var clients: [UInt64: Client] = [:]
    private var lastToken: UInt64 = 1
    private var acceptsAgain: Duration?
    private var stopDeadline: Duration?
    private var buffer = [UInt8](repeating: 0, count: readBytesMax)

    init(_ service: HTTPService, listener: Listener, wakeUp: WakeUp, poller: Poller) {
        self.service = service
        self.listener = listener
        self.wakeUp = wakeUp
        self.poller = poller
    }

    /// What the loop waits with; made before its thread, so that starting is where it fails.
    static func poller(listener: Listener, wakeUp: WakeUp) throws(HTTPServerError) -> Poller {
        let poller = try Poller()
        guard
            poller.add(wakeUp.descriptor.number, token: wakeUpToken, .read),
            poller.add(listener.descriptor.number, token: listenerToken, .read)
        else { throw .system(call: "epoll_ctl", code: errno) }
        return poller
    }

    /// Serves until the server is stopped.
    func run() {
        while turn() {}
    }

    /// - Returns: False when the loop has ended.
    private func turn() -> Bool {
        for event in poller.wait(timeout(at: service.now())) {
            switch event.token {
            case Self.wakeUpToken: break
            case Self.listenerToken: accept()
            default: clients[event.token].map { serve($0, event) }
            }
        }
        if wakeUp.isStopping, stopDeadline == nil { stop() }
        let now = service.now()
        resumeAccepting(at: now)
        for (token, client) in clients where client.connection.deadline <= now {
            client.connection.expire(at: now)
            drive(client, token)
        }
        guard let stopDeadline else { return true }
        return !clients.isEmpty && now < stopDeadline
    }

    private func timeout(at now: Duration) -> Duration? {
        var next = clients.values.map(\.connection.deadline).min()
        for deadline in [acceptsAgain, stopDeadline].compactMap(\.self) {
            next = min(next ?? deadline, deadline)
        }
        return next.map { $0 - now }
    }
}

extension EventLoop {
    private func accept() {
        for _ in 0..<Self.acceptsMax {
            switch listener?.accept() {
            case .socket(let socket): take(socket)
            case .exhausted:
                // It would be reported again at once, for ever.
                guard let listener else { return }
                let number = listener.descriptor.number
                if poller.change(number, token: Self.listenerToken, []) {
                    acceptsAgain = service.now() + Self.acceptPause
                }
                return
            case .some(.none), nil: return
            }
        }
    }

    private func resumeAccepting(at now: Duration) {
        guard let again = acceptsAgain, now >= again, let listener else { return }
        if poller.change(listener.descriptor.number, token: Self.listenerToken, .read) {
            acceptsAgain = nil
        } else {
            acceptsAgain = now + Self.acceptPause
        }
    }

    private func take(_ socket: Descriptor) {
        if clients.count >= service.limits.connectionsMax {
            guard let idle = longestIdle else { return turnAway(socket) }
            clients[idle] = nil
        }
        lastToken += 1
        let connection = HTTPConnection(limits: service.limits, at: service.now())
        guard poller.add(socket.number, token: lastToken, .read) else { return }
        clients[lastToken] = Client(socket, connection)
    }

    /// Whoever only holds a connection makes room: otherwise a few who hold all of them would look
    /// like a service that is ill.
    private var longestIdle: UInt64? {
        let idle = clients.filter(\.value.connection.isIdle)
        return idle.min { $0.value.connection.deadline < $1.value.connection.deadline }?.key
    }

    /// Answers without having read, and closes: a courtesy that may not arrive.
    private func turnAway(_ socket: Descriptor) {
        var output: [UInt8] = []
        let response = HTTPResponse(.serviceUnavailable)
        response.write(to: &output, omitsContent: false, connection: "close")
        _ = send(output[...], to: socket)
        service.answered(response.status)
    }

    private func stop() {
        // Whoever else holds the descriptor: nobody is let in from now on.
        if let listener { shutdown(listener.descriptor.number, Int32(SHUT_RDWR)) }
        listener = nil
        acceptsAgain = nil
        stopDeadline = service.now() + service.limits.stopTimeout
        for (token, client) in clients {
            client.connection.stop()
            drive(client, token)
        }
    }

    private func serve(_ client: Client, _ event: Poller.Event) {
        if event.isReadable, client.interest == .read { read(client) }
        if event.isWritable { client.connection.becameWritable() }
        if event.isOver, !event.isReadable { client.connection.fail() }
        drive(client, event.token)
    }

    private func read(_ client: Client) {
        let count = unsafe recv(client.socket.number, &buffer, buffer.count, 0)
        if count > 0 {
            client.connection.receive(buffer[..<count], at: service.now())
        } else if count == 0 {
            client.connection.receiveEnd()
        } else if errno != EAGAIN, errno != EINTR {
            client.connection.fail()
        }
    }

    /// Does what the connection asks for until it waits or ends.
    private func drive(_ client: Client, _ token: UInt64) {
        var handled = 0
        while true {
            // A socket with room is reported again at once, after the others have had their turn.
            if handled == Self.requestsMax { return wait(.write, client, token) }
            switch client.connection.next(at: service.now()) {
            case .handle(let request):
                handled += 1
                client.connection.respond(service.handle(request), at: service.now())
            case .write:
                if let status = client.connection.takeStatus() { service.answered(status) }
                write(client)
            case .halfClose: shutdown(client.socket.number, Int32(SHUT_WR))
            case .close:
                clients[token] = nil
                return
            case .wait(let awaited):
                return wait(awaited == .read ? .read : .write, client, token)
            }
        }
    }

    private func wait(_ interest: Poller.Interest, _ client: Client, _ token: UInt64) {
        guard client.interest != interest else { return }
        client.interest = interest
        if !poller.change(client.socket.number, token: token, interest) { clients[token] = nil }
    }

    private func write(_ client: Client) {
        let count = send(client.connection.unsent, to: client.socket)
        if count >= 0 {
            client.connection.sent(count)
        } else if errno == EAGAIN {
            client.connection.writeWouldBlock()
        } else if errno != EINTR {
            client.connection.fail()
        }
    }

    private func send(_ bytes: ArraySlice<UInt8>, to socket: Descriptor) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            // A client that has gone is an error here, not a signal to the process.
            unsafe Glibc.send(
                socket.number,
                bytes.baseAddress,
                bytes.count,
                Int32(MSG_NOSIGNAL)
            )
        }
    }
}
