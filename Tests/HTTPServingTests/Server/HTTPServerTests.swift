import Foundation
import HTTPServing
import Synchronization
import Testing

@Suite struct HTTPServerTests {
    private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
    private let last = "GET /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    private func start(
        limits: HTTPLimits = HTTPLimits(),
        handler: @escaping HTTPServer.Handler = { request in
            HTTPResponse(.ok, content: Array("you asked for \(request.path)\n".utf8))
        },
        answered: @escaping @Sendable (HTTPStatus) -> Void = { _ in }
    ) throws -> HTTPServer {
        try HTTPServer.start(
            host: "127.0.0.1",
            port: 0,
            limits: limits,
            answered: answered,
            handler: handler
        )
    }

    @Test func answersOneRequestAfterAnother() async throws {
        let server = try start()
        let client = try TestClient(port: server.port)
        for _ in 0..<3 {
            client.send(get)
            #expect(client.receiveAnswer().hasSuffix("\r\n\r\nyou asked for /a\n"))
        }
        client.send(get + get + last)
        #expect(client.receiveToEnd().ranges(of: "HTTP/1.1 200 OK").count == 3)
        await server.stop()
    }

    @Test func takesARequestByteByByte() async throws {
        let server = try start()
        let client = try TestClient(port: server.port)
        for character in last { client.send(String(character)) }
        #expect(client.receiveToEnd().hasSuffix("you asked for /z\n"))
        await server.stop()
    }

    /// What frames badly is refused on the wire with its own status, and nothing behind it served.
    @Test(arguments: [
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("GET / HTTP/2.0\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", 413),
        ("GET /" + String(repeating: "a", count: 9_000) + " HTTP/1.1\r\n\r\n", 414),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 40_000) + "\r\n\r\n",
            431
        ),
    ])
    func refusesOnTheWire(text: String, status: Int) async throws {
        let statuses = Mutex<[Int]>([])
        let server = try start(answered: { status in statuses.withLock { $0.append(status.code) } })
        let client = try TestClient(port: server.port)
        client.send(text + get)
        let answer = client.receiveToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("Connection: close\r\n") && !answer.contains("you asked"))
        await server.stop()
        #expect(statuses.withLock { $0 } == [status])
    }

    @Test func answers408ToAHeadThatDoesNotCome() async throws {
        var limits = HTTPLimits()
        limits.headTimeout = .milliseconds(300)
        let server = try start(limits: limits)
        let client = try TestClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHo")
        #expect(client.receiveToEnd().hasPrefix("HTTP/1.1 408 "))
        await server.stop()
    }

    @Test func closesWhoSaysNothing() async throws {
        var limits = HTTPLimits()
        limits.idleTimeout = .milliseconds(100)
        let server = try start(limits: limits)
        #expect(try TestClient(port: server.port).receiveToEnd() == "")
        await server.stop()
    }

    /// More than the sockets hold waits in the server, and arrives whole at whoever is slow.
    @Test func servesASlowReaderBesideOthers() async throws {
        let content = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let server = try start { request in
            HTTPResponse(.ok, content: request.path == "/z" ? content : [])
        }
        let slow = try TestClient(port: server.port, receiveBytes: 4_096)
        slow.send(last)
        let other = try TestClient(port: server.port)
        other.send(get)
        #expect(other.receiveAnswer().hasPrefix("HTTP/1.1 200 "))
        var received: [UInt8] = []
        while true {
            let piece = slow.receive()
            if piece.isEmpty { break }
            received += piece
        }
        #expect(received.suffix(content.count) == content[...])
        await server.stop()
    }

    /// A reader that stops reading is given up, and what it was sent is freed.
    @Test func givesUpWhoDoesNotRead() async throws {
        var limits = HTTPLimits()
        limits.writeTimeout = .milliseconds(200)
        limits.connectionsMax = 1
        let content = [UInt8](repeating: 0x61, count: 8_000_000)
        let server = try start(limits: limits) { request in
            HTTPResponse(.ok, content: request.path == "/z" ? content : [])
        }
        let stuck = try TestClient(port: server.port, receiveBytes: 4_096)
        stuck.send(last)
        #expect(try await isServed(at: server.port))
        #expect(stuck.receiveToEnd().utf8.count < content.count)
        await server.stop()
    }

    @Test func turnsAwayWhoIsTooMany() async throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 2
        let server = try start(limits: limits)
        var held = try (0..<2).map { _ in
            let client = try TestClient(port: server.port)
            client.send(get)
            #expect(client.receiveAnswer().hasPrefix("HTTP/1.1 200 "))
            client.send(get + "GET")
            #expect(client.receiveAnswer().hasPrefix("HTTP/1.1 200 "))
            return client
        }
        #expect(try TestClient(port: server.port).receiveToEnd().hasPrefix("HTTP/1.1 503 "))
        held.removeAll()
        #expect(try await isServed(at: server.port))
        await server.stop()
    }

    /// Whoever only holds connections keeps nobody out.
    @Test func letsTheLongestIdleMakeRoom() async throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 2
        let server = try start(limits: limits)
        let held = try (0..<2).map { _ in
            let client = try TestClient(port: server.port)
            client.send(get)
            #expect(client.receiveAnswer().hasPrefix("HTTP/1.1 200 "))
            return client
        }
        let other = try TestClient(port: server.port)
        other.send(get)
        #expect(other.receiveAnswer().hasPrefix("HTTP/1.1 200 "))
        #expect(held[0].receiveToEnd() == "")
        held[1].send(get)
        #expect(held[1].receiveAnswer().hasPrefix("HTTP/1.1 200 "))
        await server.stop()
    }

    /// More pipelined requests than one turn answers are all answered.
    @Test func answersAHundredPipelinedRequests() async throws {
        let server = try start()
        let client = try TestClient(port: server.port)
        client.send(String(repeating: get, count: 100) + last)
        #expect(client.receiveToEnd().ranges(of: "HTTP/1.1 200 OK").count == 101)
        await server.stop()
    }

    /// Whether somebody is served within some tries.
    private func isServed(at port: UInt16) async throws -> Bool {
        for _ in 0..<200 {
            let client = try TestClient(port: port)
            client.send(get)
            if client.receiveAnswer().hasPrefix("HTTP/1.1 200 ") { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    @Test func answersWhoHasEndedItsHalf() async throws {
        let server = try start()
        let client = try TestClient(port: server.port)
        client.send(get)
        client.endSending()
        #expect(client.receiveToEnd().hasSuffix("you asked for /a\n"))
        await server.stop()
    }

    @Test func survivesClientsThatGoInTheMiddle() async throws {
        let server = try start()
        for cut in 0..<200 {
            let client = try TestClient(port: server.port)
            client.send(String((get + get).prefix(cut % 60)))
        }
        #expect(try await isServed(at: server.port))
        await server.stop()
    }

    @Test func finishesAnAnswerWhenItStops() async throws {
        let content = [UInt8](repeating: 0x61, count: 2_000_000)
        var limits = HTTPLimits()
        limits.stopTimeout = .seconds(20)
        let server = try start(limits: limits) { _ in HTTPResponse(.ok, content: content) }
        let client = try TestClient(port: server.port, receiveBytes: 4_096)
        let idle = try TestClient(port: server.port)
        client.send(get)
        #expect(client.receive(1) == [0x48])
        async let stopped: Void = server.stop()
        #expect(idle.receiveToEnd() == "")
        #expect(client.receiveToEnd().hasSuffix("aaaa"))
        await stopped
        #expect(throws: TestClient.Refused.self) { try TestClient(port: server.port) }
    }

    @Test func stopsWithinItsDeadline() async throws {
        var limits = HTTPLimits()
        limits.stopTimeout = .milliseconds(100)
        let content = [UInt8](repeating: 0x61, count: 8_000_000)
        let server = try start(limits: limits) { _ in HTTPResponse(.ok, content: content) }
        let client = try TestClient(port: server.port, receiveBytes: 4_096)
        client.send(get)
        #expect(client.receive(1) == [0x48])
        await server.stop()
        await server.stop()
        #expect(client.receiveToEnd().utf8.count < content.count)
    }

    @Test func endsWhenNobodyHoldsIt() async throws {
        var server: HTTPServer? = try start()
        let port = try #require(server?.port)
        #expect(try await isServed(at: port))
        server = nil
        for _ in 0..<200 {
            guard (try? TestClient(port: port)) != nil else { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("it still listens")
    }

    @Test func saysWhyItDoesNotStart() async throws {
        let server = try start()
        let (port, handler) = (server.port, { @Sendable (_: HTTPRequest) in HTTPResponse(.ok) })
        #expect(throws: HTTPServerError.addressInUse(host: "127.0.0.1", port: port)) {
            try HTTPServer.start(host: "127.0.0.1", port: port, handler: handler)
        }
        #expect(throws: HTTPServerError.invalidHost("no.such.host")) {
            try HTTPServer.start(host: "no.such.host", port: 0, handler: handler)
        }
        #expect(throws: HTTPServerError.addressNotAvailable(host: "192.0.2.1")) {
            try HTTPServer.start(host: "192.0.2.1", port: 0, handler: handler)
        }
        await server.stop()
        let again = try HTTPServer.start(host: "127.0.0.1", port: port, handler: handler)
        #expect(again.port == port)
        await again.stop()
    }

    // MARK: Clients that others wrote

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "needs curl"))
    func servesCurl() async throws {
        let server = try start()
        let url = "http://127.0.0.1:\(server.port)"
        let two = try await output(of: "/usr/bin/curl", ["-sS", "\(url)/a?b", "\(url)/c"])
        #expect(two == "you asked for /a\nyou asked for /c\n")
        let head = try await output(of: "/usr/bin/curl", ["-sSI", "\(url)/a"])
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n"))
        let old = try await output(of: "/usr/bin/curl", ["-sS0", "\(url)/a"])
        #expect(old == "you asked for /a\n")
        let arguments = ["-sS", "-o", "/dev/null", "-w", "%{http_code}"]
        let posted = try await output(of: "/usr/bin/curl", arguments + ["-d", "x", "\(url)/a"])
        #expect(posted == "405")
        await server.stop()
    }

    @Test(.enabled(if: python != nil, "needs python3"))
    func servesPython() async throws {
        let server = try start()
        let script = """
            import http.client
            c = http.client.HTTPConnection("127.0.0.1", \(server.port), timeout=10)
            for method in ("GET", "HEAD", "GET"):
                c.request(method, "/a")
                r = c.getresponse()
                print(r.status, r.read())
            """
        let python = try #require(Self.python)
        let text = try await output(of: python, ["-c", script])
        #expect(text == "200 b'you asked for /a\\n'\n200 b''\n200 b'you asked for /a\\n'\n")
        await server.stop()
    }

    private static let python = ["/usr/bin/python3", "/root/.pyenv/shims/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private func output(of program: String, _ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
