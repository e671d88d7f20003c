/// Decides what happens on one connection: what is answered, when it waits, when it ends.
///
///     open ──last answer──▶ closing ──all sent──▶ lingering ──client ends, or deadline──▶ closed
///       └──client or deadline ends it──────────────────────────────────────────────────────▲
///
/// Pure: it performs nothing and knows no time but what it is told. Each deadline counts from the
/// first byte of what it limits, so that a client cannot renew it by sending one byte more.
struct HTTPConnection {
    /// What the caller has to do next.
    enum Action: Equatable {
        /// Answer it, with ``respond(_:at:)``.
        case handle(HTTPRequest)
        /// Send of ``unsent``, and tell ``sent(_:)`` or ``writeWouldBlock()``.
        case write
        /// End the sending half.
        case halfClose
        /// Close it; nothing follows.
        case close
        /// Wait for what is named, and for ``deadline``.
        case wait(Interest)
    }

    enum Interest: Equatable {
        case read, write
    }

    private enum Phase {
        case open
        case closing
        case lingering(dropped: Int)
        case closed
    }

    private enum Timer {
        case idle, head, write, linger
    }

    private let limits: HTTPLimits
    private var decoder: HTTPRequestDecoder
    private var phase = Phase.open
    private var output: [UInt8] = []
    private var sentCount = 0
    private var isBlocked = false
    private var inputEnded = false
    private var isStopping = false
    private var asked: HTTPRequest?
    private var status: HTTPStatus?
    private var timer = Timer.idle
    private var since: Duration

    init(limits: HTTPLimits, at now: Duration) {
        self.limits = limits
        decoder = HTTPRequestDecoder(limits: limits)
        since = now
    }

    /// What is still to be sent.
    var unsent: ArraySlice<UInt8> { output[sentCount...] }

    /// When ``expire(at:)`` has something to do.
    var deadline: Duration {
        switch timer {
        case .idle: since + limits.idleTimeout
        case .head: since + limits.headTimeout
        case .write: since + limits.writeTimeout
        case .linger: since + limits.lingerTimeout
        }
    }

    /// Whether it waits for a request of which nothing has come.
    var isIdle: Bool {
        if case .open = phase { timer == .idle } else { false }
    }

    /// Takes what was read.
    mutating func receive(_ bytes: ArraySlice<UInt8>, at now: Duration) {
        switch phase {
        case .open:
            if decoder.isBetweenRequests, !bytes.isEmpty { start(.head, now) }
            decoder.append(bytes)
        case .lingering(let dropped):
            let dropped = dropped + bytes.count
            phase = dropped > HTTPLimits.lingerBytesMax ? .closed : .lingering(dropped: dropped)
        case .closing, .closed: break
        }
    }

    /// The client will send no more; what it asked for is still answered.
    mutating func receiveEnd() {
        inputEnded = true
        if case .lingering = phase { phase = .closed }
    }

    /// The connection is broken.
    mutating func fail() { phase = .closed }

    /// No further request is taken; what is being answered is sent.
    mutating func stop() { isStopping = true }

    /// The status of the answer that is written next, once.
    mutating func takeStatus() -> HTTPStatus? {
        defer { status = nil }
        return status
    }

    mutating func sent(_ count: Int) {
        sentCount += count
        precondition(sentCount <= output.count, "sent more than there was")
        if sentCount == output.count { (output, sentCount) = ([], 0) }
    }

    mutating func writeWouldBlock() { isBlocked = true }

    mutating func becameWritable() { isBlocked = false }

    /// Ends what has taken too long.
    mutating func expire(at now: Duration) {
        guard now >= deadline else { return }
        switch timer {
        case .idle, .write, .linger: phase = .closed
        case .head:
            decoder.refuse(.requestTimeout)
            refuse(.requestTimeout, at: now)
        }
    }

    /// The answer to the request that ``next(at:)`` handed out.
    mutating func respond(_ response: HTTPResponse, at now: Duration) {
        guard let request = asked else { preconditionFailure("an answer without a request") }
        asked = nil
        let goesOn = request.keepsConnection && !isStopping && !inputEnded
        send(response, to: request, goesOn: goesOn, at: now)
    }

    /// What to do next; ask again after each action but a wait.
    mutating func next(at now: Duration) -> Action {
        precondition(asked == nil, "a request is not answered yet")
        if case .closed = phase { return .close }
        if !output.isEmpty { return isBlocked ? .wait(.write) : .write }
        switch phase {
        case .closed: return .close
        case .closing where inputEnded: return .close
        case .closing:
            phase = .lingering(dropped: 0)
            start(.linger, now)
            return .halfClose
        case .lingering: return .wait(.read)
        case .open: return advance(at: now)
        }
    }
}

extension HTTPConnection {
    private mutating func advance(at now: Duration) -> Action {
        while true {
            switch decoder.next() {
            case .head(let request):
                guard let status = refusal(of: request) else {
                    asked = request
                    return .handle(request)
                }
                decline(request, status, at: now)
                return .write
            case .content, .end: continue
            case .refused(let status):
                refuse(status, at: now)
                return .write
            case .needsBytes:
                if inputEnded || isStopping { return .close }
                let needed = decoder.isBetweenRequests ? Timer.idle : .head
                if timer != needed { start(needed, now) }
                return .wait(.read)
            }
        }
    }

    /// Only what asks for something, and sends nothing, is served.
    private func refusal(of request: HTTPRequest) -> HTTPStatus? {
        guard request.method == .get || request.method == .head else { return .methodNotAllowed }
        switch request.content {
        case .none, .length(0): return nil
        case .length, .chunked: return .contentTooLarge
        }
    }

    private mutating func decline(
        _ request: HTTPRequest,
        _ status: HTTPStatus,
        at now: Duration
    ) {
        var response = HTTPResponse(status)
        if status == .methodNotAllowed { response.add("Allow", "GET, HEAD") }
        // Content that nobody reads stands where the next request would be.
        let isBare = request.content == .none || request.content == .length(0)
        let goesOn = isBare && request.keepsConnection && !isStopping && !inputEnded
        send(response, to: request, goesOn: goesOn, at: now)
    }

    private mutating func refuse(_ status: HTTPStatus, at now: Duration) {
        self.status = status
        HTTPResponse(status).write(to: &output, omitsContent: false, connection: "close")
        phase = .closing
        start(.write, now)
    }

    private mutating func send(
        _ response: HTTPResponse,
        to request: HTTPRequest,
        goesOn: Bool,
        at now: Duration
    ) {
        status = response.status
        // What is not said is understood: 1.1 goes on, 1.0 does not.
        let connection: String? =
            goesOn ? (request.minorVersion == 0 ? "keep-alive" : nil) : "close"
        response.write(
            to: &output,
            omitsContent: request.method == .head,
            connection: connection
        )
        if !goesOn { phase = .closing }
        start(.write, now)
    }

    private mutating func start(_ timer: Timer, _ now: Duration) {
        self.timer = timer
        since = now
    }
}
