/// Who meets at an edge, and how.
@usableFromInline
struct EdgeShape: Sendable {
    @usableFromInline let producers: Int
    /// Takes a turn from each producer in rotation.
    @usableFromInline let rotates: Bool

    @usableFromInline
    init(producers: Int, rotates: Bool) {
        self.producers = producers
        self.rotates = rotates
    }
}

/// An edge, whatever crosses it.
///
/// Closures, made where `Element` is known, and no protocol: a generic class reached through a
/// protocol runs as unspecialised code, several times slower.
@usableFromInline
struct AnyEdge: Sendable {
    /// The near end, as a `Port`.
    let enter: @Sendable (_ slot: Int, Assembly) -> AnyObject
    /// The far end: runs the segment behind the edge.
    let drive: @Sendable (_ ports: [AnyObject], Assembly) async throws -> Void

    @inlinable
    init<Element: Sendable>(_ element: Element.Type, _ window: Window, _ shape: EdgeShape) {
        let edge = Edge<Element>(window: window, shape: shape)
        self.init(
            enter: { edge.enter($0, $1) },
            drive: { ports, assembly in try await edge.drive(ports, assembly) }
        )
    }

    @usableFromInline
    init(
        enter: @escaping @Sendable (_ slot: Int, Assembly) -> AnyObject,
        drive: @escaping @Sendable (_ ports: [AnyObject], Assembly) async throws -> Void
    ) {
        self.enter = enter
        self.drive = drive
    }
}

/// A stream of chunks one way and of credits the other, one for each producer.
@usableFromInline
final class Edge<Element: Sendable>: Sendable {
    @usableFromInline let window: Window
    @usableFromInline let shape: EdgeShape
    @usableFromInline let mails: AsyncStream<Mail<Element>>
    @usableFromInline let mailbox: AsyncStream<Mail<Element>>.Continuation
    @usableFromInline let credits: [AsyncStream<Credit<Element>>]
    @usableFromInline let returns: [AsyncStream<Credit<Element>>.Continuation]
    @usableFromInline let waiting = MailCount()
    @usableFromInline let weigh: (@Sendable (Element) -> Int)?

    @inlinable
    init(window: Window, shape: EdgeShape) {
        self.window = window
        self.shape = shape
        weigh = heldBytes(by: Element.self)
        (mails, mailbox) = AsyncStream.makeStream(of: Mail<Element>.self)
        let streams = (0..<shape.producers).map { _ in
            AsyncStream.makeStream(of: Credit<Element>.self)
        }
        credits = streams.map(\.stream)
        returns = streams.map(\.continuation)
    }

    @inlinable
    func enter(_ slot: Int, _ assembly: Assembly) -> Port<Element> {
        let outlet = Outlet(self, slot: slot, assembly)
        assembly.add(
            Drain(
                send: { outlet.sendWithoutWaiting() },
                drain: { everything in try await outlet.drain(everything: everything) }
            )
        )
        return Port(push: { outlet.push($0, $1, $2) }, finish: { outlet.isFinished = true })
    }

    @inlinable
    func drive(_ ports: [AnyObject], _ assembly: Assembly) async throws {
        let inlet = Inlet(self, ports.compactMap { $0 as? Port<Element> }, assembly)
        try await withThrowingDiscardingTaskGroup { ticks in
            var tick: Duration?
            var iterator = mails.makeAsyncIterator()
            while !inlet.isDone, let mail = await iterator.next(isolation: #isolation) {
                if mail.occasion == .tick {
                    if let due = tick, due <= assembly.runtime.clock.now() { tick = nil }
                    try assembly.timers.fire()
                    try await assembly.drain(everything: true)
                } else {
                    try await inlet.take(mail)
                }
                if let deadline = assembly.timers.next, tick.map({ deadline < $0 }) ?? true {
                    tick = deadline
                    let (clock, mailbox) = (assembly.runtime.clock, mailbox)
                    ticks.addTask {
                        try? await clock.sleep(deadline)
                        mailbox.yield(Mail(.tick, slot: 0))
                    }
                }
            }
            ticks.cancelAll()
        }
        guard inlet.isDone else { throw CancellationError() }
    }

    /// Sends `mail`, counting it.
    @inlinable
    func send(_ mail: Mail<Element>) {
        waiting.add()
        mailbox.yield(mail)
    }
}
