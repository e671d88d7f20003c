import Testing

@testable import HTTPServing

/// One connection in time that the test tells.
@Suite struct HTTPConnectionTests {
    private let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.headTimeout = .seconds(10)
        limits.idleTimeout = .seconds(60)
        limits.writeTimeout = .seconds(30)
        limits.lingerTimeout = .seconds(2)
        return limits
    }()

    private func makeConnection() -> HTTPConnection {
        HTTPConnection(limits: limits, at: .zero)
    }

    /// Sends everything, as a socket with room does, and returns what was sent up to a wait.
    private func exchange(
        _ connection: inout HTTPConnection,
        _ text: String,
        at now: Duration = .zero
    ) -> (sent: String, last: HTTPConnection.Action) {
        connection.receive(Array(text.utf8)[...], at: now)
        return drive(&connection, at: now)
    }

    private func drive(
        _ connection: inout HTTPConnection,
        at now: Duration
    ) -> (sent: String, last: HTTPConnection.Action) {
        var sent: [UInt8] = []
        while true {
            let action = connection.next(at: now)
            switch action {
            case .handle(let request):
                let content = Array("\(request.path)\n".utf8)
                connection.respond(HTTPResponse(.ok, content: content), at: now)
            case .write:
                sent += connection.unsent
                connection.sent(connection.unsent.count)
            case .halfClose, .close, .wait:
                return (String(decoding: sent, as: UTF8.self), action)
            }
        }
    }

    private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func answersAndWaitsForTheNextRequest() {
        var connection = makeConnection()
        let (sent, last) = exchange(&connection, get)
        #expect(
            sent
                == "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\n/a\n"
        )
        #expect(last == .wait(.read))
        #expect(exchange(&connection, get).sent == sent)
    }

    @Test func answersPipelinedRequestsInOrder() {
        var connection = makeConnection()
        let paths = ["/a", "/b", "/c"]
        let text = paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
        let (sent, last) = exchange(&connection, text)
        let contents = sent.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix(2) }
        #expect(contents == ["/a", "/b", "/c"])
        #expect(last == .wait(.read))
    }

    @Test func answersHeadWithTheLengthAlone() {
        var connection = makeConnection()
        let sent = exchange(&connection, "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n").sent
        #expect(sent.contains("Content-Length: 3\r\n") && sent.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close", false),
        ("GET / HTTP/1.0\r\n\r\n", "close", false),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", true),
    ])
    func endsTheConnectionAsAsked(text: String, field: String, goesOn: Bool) {
        var connection = makeConnection()
        let (sent, last) = exchange(&connection, text + get)
        #expect(sent.contains("\r\nConnection: \(field)\r\n"))
        // What follows a last request is no request.
        #expect(sent.contains("/a\n") == goesOn)
        #expect(last == (goesOn ? .wait(.read) : .halfClose))
    }

    @Test(
        arguments: [
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "405 ", .halfClose),
            ("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", "405 ", .wait(.read)),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "413 ", .halfClose),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "413 ",
                .halfClose
            ),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "200 ", .wait(.read)),
            ("GET / HTTP/1.1\r\n\r\n", "400 ", .halfClose),
            ("GET / HTTP/3.0\r\n", "505 ", .halfClose),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
                "413 ", .halfClose
            ),
        ] as [(String, String, HTTPConnection.Action)]
    )
    func refusesWhatItDoesNotServe(text: String, status: String, then: HTTPConnection.Action) {
        var connection = makeConnection()
        let (sent, last) = exchange(&connection, text)
        #expect(sent.hasPrefix("HTTP/1.1 \(status)") && last == then)
        #expect(sent.contains("Allow: GET, HEAD\r\n") == (status == "405 "))
        #expect(sent.contains("Connection: close\r\n") == (then == .halfClose))
    }

    /// A byte a second renews nothing: the head has ten seconds from its first byte.
    @Test func answers408ToATrickledHead() {
        var connection = makeConnection()
        let head = Array("GET / HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyyyyyyyyy".utf8)
        for second in 0..<10 {
            let now = Duration.seconds(20 + second)
            connection.receive([head[second]], at: now)
            connection.expire(at: now)
            #expect(connection.next(at: now) == .wait(.read))
            #expect(connection.deadline == .seconds(30))
        }
        connection.expire(at: .seconds(30))
        let (sent, last) = drive(&connection, at: .seconds(30))
        #expect(sent.hasPrefix("HTTP/1.1 408 ") && sent.contains("Connection: close\r\n"))
        #expect(last == .halfClose && connection.deadline == .seconds(32))
    }

    @Test func timesThePipelinedHeadFromTheAnswerBefore() {
        var connection = makeConnection()
        _ = exchange(&connection, get + "GET", at: .seconds(5))
        #expect(connection.deadline == .seconds(15))
    }

    @Test func closesAnIdleConnectionSilently() {
        var connection = makeConnection()
        #expect(connection.deadline == .seconds(60))
        _ = exchange(&connection, get, at: .seconds(40))
        #expect(connection.deadline == .seconds(100))
        connection.expire(at: .seconds(99))
        #expect(connection.next(at: .seconds(99)) == .wait(.read))
        connection.expire(at: .seconds(100))
        #expect(connection.next(at: .seconds(100)) == .close && connection.unsent.isEmpty)
    }

    /// A client that takes a byte a second does not hold its answer beyond the write timeout.
    @Test func givesASlowReaderUp() {
        var connection = makeConnection()
        connection.receive(Array(get.utf8)[...], at: .zero)
        guard case .handle = connection.next(at: .zero) else {
            Issue.record("no request")
            return
        }
        connection.respond(HTTPResponse(.ok, content: Array(repeating: 1, count: 1_000)), at: .zero)
        for second in 0..<30 {
            connection.becameWritable()
            #expect(connection.next(at: .seconds(second)) == .write)
            connection.sent(1)
            connection.writeWouldBlock()
            #expect(connection.next(at: .seconds(second)) == .wait(.write))
            #expect(connection.deadline == .seconds(30))
        }
        connection.expire(at: .seconds(30))
        #expect(connection.next(at: .seconds(30)) == .close)
    }

    @Test func answersAClientThatHasEndedItsHalf() {
        var connection = makeConnection()
        connection.receive(Array((get + get + "GET").utf8)[...], at: .zero)
        connection.receiveEnd()
        let (sent, last) = drive(&connection, at: .zero)
        #expect(sent.ranges(of: "200 OK").count == 1 && last == .close)
    }

    @Test func lingersUntilTheClientEndsOrSendsTooMuch() {
        var connection = makeConnection()
        #expect(exchange(&connection, "no request\r\n").last == .halfClose)
        #expect(exchange(&connection, get).last == .wait(.read))
        var other = connection
        connection.receiveEnd()
        #expect(connection.next(at: .zero) == .close)
        let piece = [UInt8](repeating: 0, count: 1 << 16)
        for _ in 0..<16 { other.receive(piece[...], at: .zero) }
        #expect(other.next(at: .zero) == .close)
    }

    @Test func finishesTheAnswerWhenStopped() {
        var connection = makeConnection()
        connection.receive(Array(get.utf8)[...], at: .zero)
        guard case .handle = connection.next(at: .zero) else {
            Issue.record("no request")
            return
        }
        connection.stop()
        connection.respond(HTTPResponse(.ok), at: .zero)
        let (sent, last) = drive(&connection, at: .zero)
        #expect(sent.contains("Connection: close\r\n") && last == .halfClose)
        var idle = makeConnection()
        idle.stop()
        #expect(idle.next(at: .zero) == .close)
    }

    /// Whatever a client sends, and however it reads, nothing traps, and it is gone in the end.
    @Test(arguments: UInt64(0)..<20)
    func endsWhateverTheClientDoes(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let mutator = Mutator()
        for _ in 0..<500 {
            var now = Duration.zero
            var connection = HTTPConnection(limits: limits, at: now)
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                let isReading = step(&connection, at: now, using: &random)
                if isReading {
                    connection.receive(mutator.mutated(using: &random)[...], at: now)
                }
                now += .milliseconds(Int.random(in: 0...4_000, using: &random))
                connection.expire(at: now)
                switch Int.random(in: 0..<40, using: &random) {
                case 0: connection.receiveEnd()
                case 1: connection.stop()
                case 2: connection.fail()
                default: connection.becameWritable()
                }
            }
            var ended = false
            for _ in 0..<8 where !ended {
                _ = step(&connection, at: now, using: &random)
                now = max(now, connection.deadline)
                connection.expire(at: now)
                ended = connection.next(at: now) == .close
            }
            #expect(ended)
        }
    }

    /// Drives until it waits, with a socket that takes what it likes.
    ///
    /// - Returns: Whether it waits for bytes.
    private func step(
        _ connection: inout HTTPConnection,
        at now: Duration,
        using random: inout SeededNumbers
    ) -> Bool {
        while true {
            switch connection.next(at: now) {
            case .handle: connection.respond(HTTPResponse(.ok), at: now)
            case .write where Bool.random(using: &random): connection.writeWouldBlock()
            case .write:
                connection.sent(Int.random(in: 1...connection.unsent.count, using: &random))
            case .halfClose: continue
            case .close: return false
            case .wait(let interest): return interest == .read
            }
        }
    }

    @Test func tellsEachStatusOnce() {
        var connection = makeConnection()
        connection.receive(Array("GET / HTTP/1.1\r\n\r\n".utf8)[...], at: .zero)
        #expect(connection.next(at: .zero) == .write)
        #expect(connection.takeStatus() == .badRequest && connection.takeStatus() == nil)
    }
}
