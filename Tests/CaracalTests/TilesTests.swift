import Foundation
import Testing

/// The exported folder against the rules of C2SP tlog-tiles, read by nothing of ours.
@Suite struct TilesTests {
    /// A ledger of `rows` entries, exported to `tiles` in its scratch folder.
    private func exported(rows: Int) throws -> (ledger: Ledger, out: String) {
        let ledger = try Ledger.filled(rows: rows)
        let out = ledger.scratch("tiles")
        try #require(try ledger.run("tiles", out).code == 0)
        return (ledger, out)
    }

    private func files(_ folder: String) throws -> Set<String> {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
        return Set(
            try (names ?? []).filter { name in
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: "\(folder)/\(name)"
                )
                return attributes[.type] as? FileAttributeType == .typeRegular
            }
        )
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    /// The entries of a bundle: each after its length, 16 bits, the high ones first.
    private func entries(_ bundle: [UInt8]) throws -> [[UInt8]] {
        var (entries, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], bundle[...])
        while !rest.isEmpty {
            try #require(rest.count >= 2)
            let count = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            try #require(rest.count >= count)
            entries.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return entries
    }

    @Test func followsTheRulesOfTiledLogs() throws {
        let (ledger, out) = try exported(rows: 600)
        // 600 = 2 · 256 + 88, and nothing else is there.
        let expected: Set = [
            "checkpoint", "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2",
            "tile/entries/000", "tile/entries/001", "tile/entries/002.p/88",
        ]
        #expect(try files(out) == expected)

        var all: [[UInt8]] = []
        for name in ["000", "001", "002.p/88"] {
            all += try entries(bytes("\(out)/tile/entries/\(name)"))
            #expect(all.count == min(600, (all.count + 255) / 256 * 256))
        }
        #expect(all.count == 600)
        let log = NaiveLog(entries: all)
        #expect(try bytes("\(out)/tile/0/000") == log.leaves[..<256].flatMap { $0 })
        #expect(try bytes("\(out)/tile/0/001") == log.leaves[256..<512].flatMap { $0 })
        #expect(try bytes("\(out)/tile/0/002.p/88") == log.leaves[512...].flatMap { $0 })
        #expect(try bytes("\(out)/tile/1/000.p/2") == log.root(0..<256) + log.root(256..<512))

        let note = try String(contentsOfFile: "\(out)/checkpoint", encoding: .utf8)
        let lines = note.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 6 && lines[3] == "" && lines[5] == "")
        #expect(lines[0] == "test.example/log" && lines[1] == "600")
        #expect(lines[2] == Data(log.root(0..<600)).base64EncodedString())
        #expect(lines[4].hasPrefix("— test.example/log "))
        #expect(try ledger.run("checkpoint").output == note)

        let entry = ledger.scratch("entry")
        for index in [0, 255, 256, 599] {
            _ = try ledger.run("receipt", "--index", "\(index)", "--entry-out", entry)
            #expect(try bytes(entry) == all[index])
        }
    }

    /// A partial tile stays for whoever has the checkpoint that it belongs to.
    @Test func addsOnlyWhatIsNew() throws {
        let (ledger, out) = try exported(rows: 300)
        let before = try files(out)
        let old = try Dictionary(
            uniqueKeysWithValues: before.subtracting(["checkpoint"]).map {
                ($0, try bytes("\(out)/\($0)"))
            }
        )
        #expect(before.contains("tile/0/001.p/44") && before.contains("tile/entries/001.p/44"))
        #expect(try ledger.run("tiles", out).lastLine == "300 entries, 1 files written")
        _ = try ledger.run("ingest", ledger.scratch.file("b.csv", traceText(rows: 212)))
        try ledger.drain()
        #expect(try ledger.run("tiles", out).code == 0)
        for (name, whole) in old { #expect(try bytes("\(out)/\(name)") == whole, "\(name)") }
        #expect(
            try files(out).subtracting(before)
                == ["tile/0/001", "tile/1/000.p/2", "tile/entries/001"]
        )
        // A reader falls back from a partial tile to the full one that took its place.
        for name in old.keys where name.contains("001.p") {
            try FileManager.default.removeItem(atPath: "\(out)/\(name)")
        }
        #expect(try Caracal.run("tiles-verify", out, "--vkey", ledger.vkey).code == 0)
    }

    @Test func exportsAnEmptyLog() throws {
        let ledger = try Ledger()
        let out = ledger.scratch("tiles")
        #expect(try ledger.run("tiles", out).code == 0)
        #expect(try files(out) == ["checkpoint"])
        #expect(try Caracal.run("tiles-verify", out, "--vkey", ledger.vkey).code == 0)
    }

    /// The checkpoint comes last: without what it names it is not written.
    @Test func writesNoCheckpointWithoutItsTiles() throws {
        let ledger = try Ledger.shared.get()
        let scratch = try Scratch()
        let out = scratch("tiles")
        try FileManager.default.createDirectory(
            atPath: out + "/tile",
            withIntermediateDirectories: true
        )
        _ = try scratch.file("tiles/tile/entries", "in the way")
        let outcome = try ledger.run("tiles", out)
        #expect(outcome.code == 73)
        #expect(outcome.errors.contains("tile/entries"))
        #expect(!FileManager.default.fileExists(atPath: out + "/checkpoint"))
        #expect(try Caracal.run("tiles-verify", out, "--vkey", ledger.vkey).code == 1)
        #expect(try ledger.run("tiles", "/proc/caracal").code == 73)
    }

    @Test func leavesTheExportOfAnotherOrANewerLogAsItIs() throws {
        let (ledger, out) = try exported(rows: 20)
        let older = try Ledger(copying: ledger)
        _ = try ledger.run("ingest", ledger.scratch.file("b.csv", traceText(rows: 20)))
        try ledger.drain()
        _ = try ledger.run("tiles", out)
        let note = try bytes(out + "/checkpoint")
        for other in [older, try Ledger.filled(rows: 50)] {
            let outcome = try other.run("tiles", out)
            #expect(outcome.code == 73)
            #expect(outcome.errors.contains("nothing was changed"))
            #expect(try bytes(out + "/checkpoint") == note)
        }
        #expect(try Caracal.run("tiles-verify", out, "--vkey", ledger.vkey).code == 0)
    }

    @Test func refusesToExportADamagedLedger() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        try ledger.flip("ledger/entries/00000000000000000000.led", at: 20_001)
        let out = ledger.scratch("tiles")
        let outcome = try ledger.run("tiles", out)
        #expect(outcome.code == 65)
        #expect(outcome.errors.contains(/\.led: damaged at byte \d+/))
        #expect(!FileManager.default.fileExists(atPath: out + "/checkpoint"))
        #expect(try ledger.run("receipt", "--index", "150").code == 65)
        #expect(try ledger.run("reindex").code == 65)
        #expect(try ledger.run("run", "--until-drained").code == 65)
    }
}
