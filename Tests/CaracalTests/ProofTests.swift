import Foundation
import Testing

@Suite struct ProofTests {
    @Test func provesThatTheFolderExtendsAnOlderCheckpoint() throws {
        let ledger = try Ledger()
        let scratch = ledger.scratch
        let empty = try scratch.file("empty", ledger.run("checkpoint").output)
        _ = try ledger.run("ingest", scratch.file("a.csv", traceText(rows: 37)))
        try ledger.drain()
        let old = try scratch.file("old", ledger.run("checkpoint").output)
        _ = try ledger.run("ingest", scratch.file("b.csv", traceText(rows: 100)))
        try ledger.drain()
        let new = try scratch.file("new", ledger.run("checkpoint").output)

        let proof = try ledger.run("prove-consistency", "--from", "37", "--to", "137")
        #expect(proof.code == 0)
        let hashes = proof.output.split(separator: "\n")
        #expect(hashes.count > 2)
        #expect(hashes.allSatisfy { $0.count == 44 && $0.hasSuffix("=") })
        let proofFile = try scratch.file("proof", proof.output)
        let verify = ["consistency-verify"]
        let key = ["--vkey", ledger.vkey]
        #expect(try Caracal.run(verify + [old, new, proofFile] + key).code == 0)
        #expect(try Caracal.run(verify + [new, old, proofFile] + key).code == 1)
        let shortened = try scratch.file("short", String(proof.output.dropLast(45)))
        #expect(try Caracal.run(verify + [old, new, shortened] + key).code == 1)
        #expect(try Caracal.run(verify + [old, new, old] + key).code == 1)
        #expect(try Caracal.run(verify + [old, new, scratch("none")] + key).code == 66)
        #expect(try Caracal.run(verify + [old, new, proofFile, "--vkey", "x"]).code == 64)
        let other = try Ledger()
        #expect(
            try Caracal.run(verify + [old, new, proofFile, "--vkey", other.vkey]).code == 1
        )

        #expect(try ledger.run("verify", "--against", old).code == 0)
        #expect(try ledger.run("verify", "--against", empty).code == 0)
        let none = try ledger.run("prove-consistency", "--from", "137", "--to", "137")
        #expect(none.code == 0 && none.output == "")
        #expect(try ledger.run("prove-consistency", "--from", "1", "--to", "138").code == 66)
        #expect(try ledger.run("prove-consistency", "--from", "9", "--to", "3").code == 64)
    }

    @Test func findsAFolderThatWasRolledBack() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", ledger.scratch.file("a.csv", traceText(rows: 20)))
        try ledger.drain()
        let older = try Ledger(copying: ledger)
        _ = try ledger.run("ingest", ledger.scratch.file("b.csv", traceText(rows: 40)))
        try ledger.drain()
        let saved = try ledger.scratch.file("saved", ledger.run("checkpoint").output)
        #expect(try older.run("verify").code == 0)
        let outcome = try older.run("verify", "--against", saved)
        #expect(outcome.code == 1)
        #expect(outcome.output.contains("60"))
        let garbage = try ledger.scratch.file("garbage", "x")
        #expect(try older.run("verify", "--against", garbage).code == 1)
        #expect(try older.run("verify", "--against", garbage + "x").code == 66)
    }

    @Test func exportsTilesThatVerifyAlone() throws {
        let ledger = try Ledger()
        let out = ledger.scratch("tiles")
        _ = try ledger.run("ingest", ledger.scratch.file("a.csv", traceText(rows: 300)))
        try ledger.drain()
        #expect(try ledger.run("tiles", out).code == 0)
        let verify = ["tiles-verify", out, "--vkey", ledger.vkey]
        #expect(try Caracal.run(verify).code == 0)
        let files = FileManager.default.enumerator(atPath: out)?.compactMap { $0 as? String } ?? []
        for name in [
            "checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000",
            "tile/entries/001.p/44",
        ] {
            #expect(files.contains(name))
        }
        #expect(
            try String(contentsOfFile: out + "/checkpoint", encoding: .utf8)
                == ledger.run("checkpoint").output
        )
        // Again adds only what is new.
        let stamp = try modified(out + "/tile/0/000")
        _ = try ledger.run("ingest", ledger.scratch.file("b.csv", traceText(rows: 300)))
        try ledger.drain()
        #expect(try ledger.run("tiles", out).code == 0)
        #expect(try modified(out + "/tile/0/000") == stamp)
        #expect(try Caracal.run(verify).code == 0)
        #expect(try Caracal.run("tiles-verify", out, "--vkey", try Ledger().vkey).code == 1)
        #expect(try Caracal.run("tiles-verify", out + "x", "--vkey", ledger.vkey).code == 66)

        for name in [
            "tile/0/000", "tile/0/001", "tile/entries/002.p/88", "tile/1/000.p/2", "checkpoint",
        ] {
            let url = URL(filePath: out).appending(path: name)
            let whole = try Data(contentsOf: url)
            var flipped = whole
            flipped[whole.count / 2] ^= 4
            try flipped.write(to: url)
            #expect(try Caracal.run(verify).code == 1, "\(name)")
            try FileManager.default.removeItem(at: url)
            #expect([1, 66].contains(try Caracal.run(verify).code), "\(name)")
            try whole.write(to: url)
        }
        #expect(try Caracal.run(verify).code == 0)
    }

    /// One convention of three: nothing is needed to extend the empty tree, and nothing else is taken.
    @Test func everyLogExtendsTheEmptyOne() throws {
        let ledger = try Ledger.shared.get()
        let scratch = try Scratch()
        let proof = try ledger.run("prove-consistency", "--from", "0", "--to", "300")
        #expect(proof.code == 0 && proof.output == "")
        let empty = try Ledger(copying: ledger)
        for name in ["ledger", "events"] {
            try FileManager.default.removeItem(atPath: "\(empty.path)/\(name)")
        }
        try FileManager.default.removeItem(atPath: "\(empty.path)/format")
        // The same key signs the empty tree again.
        #expect(try empty.run("init").code == 0)
        let old = try scratch.file("old", empty.run("checkpoint").output)
        let new = try scratch.file("new", ledger.run("checkpoint").output)
        let nothing = try scratch.file("nothing", "")
        let key = ["--vkey", ledger.vkey]
        #expect(try Caracal.run(["consistency-verify", old, new, nothing] + key).code == 0)
        #expect(try Caracal.run(["consistency-verify", new, new, nothing] + key).code == 0)
        #expect(try Caracal.run(["consistency-verify", new, old, nothing] + key).code == 1)
        let root = try scratch.file("root", ledger.root() + "\n")
        #expect(try Caracal.run(["consistency-verify", old, new, root] + key).code == 1)
    }

    @Test func printsTheHashesOfTheDefinition() throws {
        let ledger = try Ledger.shared.get()
        let log = try ledger.naiveLog()
        for size in [1, 2, 128, 255, 256, 299, 300] {
            let proof = try ledger.run("prove-consistency", "--from", "\(size)", "--to", "300")
            let expected = log.consistency(from: size).map {
                Data($0).base64EncodedString() + "\n"
            }
            #expect(proof.output == expected.joined(), "from \(size)")
        }
    }

    /// Whatever the bytes: a check says no, and what is no check says that they are none.
    @Test func saysNoToGarbage() throws {
        let ledger = try Ledger.shared.get()
        let scratch = try Scratch()
        let garbage = scratch("garbage")
        let note = try scratch.file("note", ledger.run("checkpoint").output)
        try FileManager.default.createDirectory(
            atPath: scratch("tiles"),
            withIntermediateDirectories: false
        )
        let key = ["--vkey", ledger.vkey]
        for count in [0, 1, 300, 3_000_000] {
            let bytes = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 9) })
            for path in [garbage, scratch("tiles/checkpoint")] {
                try bytes.write(to: URL(filePath: path))
            }
            for words in [
                ["receipt-verify", garbage] + key,
                ["receipt-verify", garbage, "--entry", garbage] + key,
                ["consistency-verify", garbage, note, note] + key,
                ["consistency-verify", note, garbage, note] + key,
                ["tiles-verify", scratch("tiles")] + key,
                ["verify", ledger.path, "--against", garbage],
            ] {
                #expect(try Caracal.run(words).code == 1, "\(words), \(count) bytes")
            }
            #expect(try Caracal.run("entry", garbage).code == 65)
        }
        // A folder for a file is no file.
        for words in [
            ["receipt-verify", scratch.url.path] + key, ["entry", scratch.url.path],
            ["consistency-verify", note, note, scratch.url.path] + key,
            ["verify", ledger.path, "--against", scratch.url.path],
        ] {
            #expect(try Caracal.run(words).code == 66, "\(words)")
        }
    }

    @Test func publishesNoDamageAsTiles() throws {
        let whole = try Ledger.shared.get()
        for name in ["ledger/tree/00", "ledger/tree/01"] {
            let ledger = try Ledger(copying: whole)
            try ledger.flip(name, at: 20)
            let out = ledger.scratch("tiles")
            let outcome = try ledger.run("tiles", out)
            #expect(outcome.code == 65, "\(name): \(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: out + "/checkpoint"))
            // Once it is mended, what was left behind is not in the way.
            try ledger.flip(name, at: 20)
            #expect(try ledger.run("tiles", out).code == 0)
            #expect(try Caracal.run("tiles-verify", out, "--vkey", whole.vkey).code == 0)
        }
    }

    @Test func writesBadTilesOfAnOlderExportAnew() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        let out = ledger.scratch("tiles")
        _ = try ledger.run("tiles", out)
        for name in ["tile/0/000", "tile/entries/000", "tile/1/000.p/1"] {
            let url = URL(filePath: out).appending(path: name)
            var bytes = try Data(contentsOf: url)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: url)
        }
        let verify = ["tiles-verify", out, "--vkey", ledger.vkey]
        #expect(try Caracal.run(verify).code == 1)
        #expect(try ledger.run("tiles", out).lastLine == "300 entries, 4 files written")
        #expect(try Caracal.run(verify).code == 0)
    }

    @Test func refusesToExportAForkOverTheLogThatItForkedFrom() throws {
        let ledger = try Ledger()
        _ = try ledger.run("ingest", ledger.scratch.file("a.csv", traceText(rows: 20)))
        try ledger.drain()
        let fork = try Ledger(copying: ledger)
        _ = try ledger.run("ingest", ledger.scratch.file("b.csv", traceText(rows: 30)))
        try ledger.drain()
        let out = ledger.scratch("tiles")
        #expect(try ledger.run("tiles", out).code == 0)
        for rows in [30, 40] {
            _ = try fork.run("ingest", fork.scratch.file("c.csv", traceText(rows: rows)))
            try fork.drain()
            let outcome = try fork.run("tiles", out)
            #expect(outcome.code == 65)
            #expect(outcome.errors.contains("another log"))
            #expect(try Caracal.run("tiles-verify", out, "--vkey", ledger.vkey).code == 0)
        }
        let published = try String(contentsOfFile: out + "/checkpoint", encoding: .utf8)
        #expect(try published == ledger.run("checkpoint").output)
    }

    @Test func handsOutNoProofOfConsistencyFromADamagedTree() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        let words = ["--from", "37", "--to", "137"]
        #expect(
            try ledger.run("prove-consistency", words[0], words[1], words[2], words[3]).code == 0
        )
        // Leaf 36 is a hash of the proof, leaf 200 only of what leads on to the signed root.
        for leaf in [36, 200] {
            try ledger.flip("ledger/tree/00", at: leaf * 32)
            let outcome = try ledger.run(
                "prove-consistency",
                words[0],
                words[1],
                words[2],
                words[3]
            )
            #expect(outcome.code == 65, "leaf \(leaf)")
            #expect(outcome.output == "")
            try ledger.flip("ledger/tree/00", at: leaf * 32)
        }
    }

    private func modified(_ path: String) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
}
