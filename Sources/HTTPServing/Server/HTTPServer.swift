import Glibc
import Streams

/// Serves GET and HEAD over HTTP/1.1, on one thread of its own, without TLS.
///
/// Meant for what is short and held in memory: the handler runs on the thread that serves all
/// connections, and answers at once. Anything else than GET and HEAD is answered with 405, content
/// in a request with 413, broken framing with 400, a head that does not come with 408. The server
/// knows no wall clock and sends no `Date`.
public final class HTTPServer: Sendable {
    public typealias Handler = @Sendable (HTTPRequest) -> HTTPResponse

    /// The port it listens at.
    public let port: UInt16

    private let wakeUp: WakeUp
    private let executor: BlockingExecutor

    private init(port: UInt16, wakeUp: WakeUp, executor: BlockingExecutor) {
        self.port = port
        self.wakeUp = wakeUp
        self.executor = executor
    }

    deinit { wakeUp.stop() }

    /// Starts to listen, and to answer.
    ///
    /// The server lives until ``stop()`` or until nobody holds it.
    ///
    /// - Parameters:
    ///   - host: An address of this machine in numbers; `0.0.0.0` and `::` are all of them.
    ///   - port: 0 takes a free one.
    ///   - limits: What a client is granted.
    ///   - now: The time since an instant of its own, never going back.
    ///   - answered: Told the status of each answer, on the serving thread.
    ///   - handler: Answers one request, on the serving thread; must not block.
    /// - Returns: The server, reachable.
    /// - Throws: Why nobody can listen there; nothing is open then.
    public static func start(
        host: String,
        port: UInt16,
        limits: HTTPLimits = HTTPLimits(),
        now: @escaping @Sendable () -> Duration = monotonicNow,
        answered: @escaping @Sendable (HTTPStatus) -> Void = { _ in },
        handler: @escaping Handler
    ) throws(HTTPServerError) -> HTTPServer {
        let service = HTTPService(limits: limits, now: now, answered: answered, handle: handler)
        let listener = try Listener(host: host, port: port)
        let wakeUp = try WakeUp()
        let poller = try EventLoop.poller(listener: listener, wakeUp: wakeUp)
        let executor = BlockingExecutor(label: "caracal.http")
        executor.run {
            // The thread must not keep the server alive, or nothing would ever end it.
            EventLoop(service, listener: listener, wakeUp: wakeUp, poller: poller).run()
        }
        return HTTPServer(port: listener.port, wakeUp: wakeUp, executor: executor)
    }

    /// Takes no more connections and requests, and returns when every connection has ended.
    ///
    /// Answers that are under way are sent to their end, within the stop timeout. The port is free
    /// afterwards. May be called more than once; cancelling does not interrupt it.
    public func stop() async {
        wakeUp.stop()
        await executor.perform {}
    }

    /// The system's monotonic time.
    public static let monotonicNow: @Sendable () -> Duration = {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// What a loop serves, and by which time.
struct HTTPService: Sendable {
    let limits: HTTPLimits
    let now: @Sendable () -> Duration
    let answered: @Sendable (HTTPStatus) -> Void
    let handle: HTTPServer.Handler
}
