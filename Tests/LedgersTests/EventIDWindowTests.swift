import Cryptography
import Ledgers
import StreamsTesting
import Testing

@Suite struct EventIDWindowTests {
    private static func leaf(_ version: Int) -> Digest {
        SHA256.digest(of: Array("leaf \(version)".utf8))
    }

    /// Knows the newest entries and nothing else, as a list of them would, whatever came before.
    @Test(arguments: UInt64(0)..<20)
    func agreesWithAListOfTheNewestEntries(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limit = Int.random(in: 1...300, using: &random)
        let names = Int.random(in: 1...800, using: &random)
        var window = EventIDWindow(limit: limit)
        var model: [(name: Int, version: Int)] = []
        for _ in 0..<3_000 {
            let name = Int.random(in: 0..<names, using: &random)
            let version = Int.random(in: 0..<3, using: &random)
            let id = Array("event \(name)".utf8)
            let known = model.last { $0.name == name }
            let expected: EventIDWindow.Finding =
                known.map { $0.version == version ? .repeated : .conflicting } ?? .new
            #expect(window.find(id.span, leaf: Self.leaf(version)) == expected)
            guard Bool.random(using: &random) else { continue }
            window.insert(id.span, leaf: Self.leaf(version))
            model.append((name, version))
            if model.count > limit { model.removeFirst() }
            #expect(window.count == model.count)
        }
    }

    /// A key that was stored finds what the identifier itself finds.
    @Test func knowsAStoredKey() throws {
        var bytes: [UInt8] = [0xff]
        var window = EventIDWindow()
        for number in 0..<100 {
            EventIDWindow.Key(Array("event \(number)".utf8).span).append(to: &bytes)
        }
        #expect(bytes.count == 1 + 100 * EventIDWindow.Key.byteCount)
        for number in 0..<100 {
            let offset = 1 + number * EventIDWindow.Key.byteCount
            let key = EventIDWindow.Key(bytes.span, at: offset)
            #expect(key == EventIDWindow.Key(Array("event \(number)".utf8).span))
            window.insert(key, leaf: Self.leaf(number))
        }
        for number in 0..<100 {
            let id = Array("event \(number)".utf8)
            #expect(window.find(id.span, leaf: Self.leaf(number)) == .repeated)
            #expect(window.find(id.span, leaf: Self.leaf(number + 1)) == .conflicting)
        }
    }

    /// What it knows follows from the newest entries alone: made anew from them, it is the same.
    @Test func isTheSameMadeAnew() {
        let limit = 100
        var kept = EventIDWindow(limit: limit)
        let entries = (0..<1_000).map { (name: $0 * $0 % 137, version: $0 % 5) }
        for entry in entries {
            kept.insert(Array("\(entry.name)".utf8).span, leaf: Self.leaf(entry.version))
        }
        var anew = EventIDWindow(limit: limit)
        for entry in entries.suffix(limit) {
            anew.insert(Array("\(entry.name)".utf8).span, leaf: Self.leaf(entry.version))
        }
        for name in 0..<140 {
            for version in 0..<5 {
                let id = Array("\(name)".utf8)
                let leaf = Self.leaf(version)
                #expect(kept.find(id.span, leaf: leaf) == anew.find(id.span, leaf: leaf))
            }
        }
    }
}
