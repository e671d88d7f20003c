import Foundation
import Testing

@Suite struct ReceiptTests {
    @Test func givesAReceiptThatVerifiesWithoutTheFolder() throws {
        let ledger = try Ledger.shared.get()
        let scratch = try Scratch()
        let file = scratch("a.tlog-proof")
        let made = try ledger.run("receipt", "--index", "7", "-o", file)
        #expect(made.code == 0)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.hasPrefix("c2sp.org/tlog-proof@v1\nextra "))
        #expect(text.contains("\nindex 7\n"))
        let note = try ledger.run("checkpoint").output
        #expect(text.hasSuffix("\n\n" + note))
        #expect(try ledger.run("receipt", "--index", "7").output == text)

        let verified = try Caracal.run("receipt-verify", file, "--vkey", ledger.vkey)
        #expect(verified.code == 0)
        let event = try object(of: verified)
        #expect(event["agent_id"] as? String == "agent-8")
        #expect(event["resource_type"] as? String == "llm_call")
        let id = try #require(event["event_id"] as? String)
        #expect(try ledger.run("receipt", "--event", id).output == text)
    }

    @Test func verifiesAnEntryOfItsOwnFile() throws {
        let ledger = try Ledger.shared.get()
        let scratch = try Scratch()
        let (file, entry) = (scratch("a.tlog-proof"), scratch("entry"))
        #expect(
            try ledger.run("receipt", "--index", "9", "-o", file, "--entry-out", entry).code == 0
        )
        let bare = scratch("bare")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        try lines.filter { !$0.hasPrefix("extra ") }.joined(separator: "\n")
            .write(toFile: bare, atomically: true, encoding: .utf8)
        let words = ["receipt-verify", bare, "--vkey", ledger.vkey]
        let without = try Caracal.run(words)
        #expect(without.code == 64)
        #expect(without.errors.contains("--entry"))
        let with = try Caracal.run(words + ["--entry", entry])
        #expect(with.code == 0)
        #expect(try Caracal.run("entry", entry).output == with.output)
    }

    @Test func saysNoToEveryFlippedBit() throws {
        let ledger = try Ledger.shared.get()
        let scratch = try Scratch()
        let text = try Data(ledger.run("receipt", "--index", "3").output.utf8)
        let file = scratch("flipped")
        // Every fifth place, each with another bit, is enough to meet every line.
        for place in stride(from: 0, to: text.count, by: 5) {
            var bytes = text
            bytes[place] ^= 1 << (place % 8)
            try bytes.write(to: URL(filePath: file))
            let outcome = try Caracal.run("receipt-verify", file, "--vkey", ledger.vkey)
            // Without a line that begins with `extra` there is no entry: 64.
            #expect([1, 64].contains(outcome.code), "place \(place)")
            #expect(outcome.output == "")
        }
    }

    @Test func saysNoToAnotherKeyAndAnotherLog() throws {
        let ledger = try Ledger.shared.get()
        let scratch = try Scratch()
        let file = scratch("a")
        _ = try ledger.run("receipt", "--index", "0", "-o", file)
        let sameName = try Ledger()
        let otherName = try Ledger(origin: "test.example/other")
        for other in [sameName, otherName] {
            let outcome = try Caracal.run("receipt-verify", file, "--vkey", other.vkey)
            #expect(outcome.code == 1)
        }
        #expect(try Caracal.run("receipt-verify", file, "--vkey", "nonsense").code == 64)
        #expect(try Caracal.run("receipt-verify", file).code == 64)
        #expect(try Caracal.run("receipt-verify", file + "x", "--vkey", ledger.vkey).code == 66)
        let garbage = try scratch.file("garbage", "no receipt\n")
        #expect(try Caracal.run("receipt-verify", garbage, "--vkey", ledger.vkey).code == 1)
    }

    @Test func refusesWhatIsNotThere() throws {
        let ledger = try Ledger.shared.get()
        #expect(try ledger.run("receipt", "--index", "300").code == 66)
        #expect(try ledger.run("receipt", "--event", "nobody").code == 66)
        #expect(try ledger.run("receipt").code == 64)
        #expect(try ledger.run("receipt", "--index", "1", "--event", "a").code == 64)
        let unwritable = try ledger.run("receipt", "--index", "1", "-o", "/nowhere/at/all")
        #expect(unwritable.code == 73)
        #expect(try Caracal.run("entry", ledger.path + "/vkey").code == 65)
        #expect(try Caracal.run("entry", ledger.path + "/nothing").code == 66)
    }

    /// C2SP tlog-proof, byte for byte, with hashes made by their definition.
    @Test(arguments: [0, 1, 128, 255, 256, 299])
    func isByteForByteWhatTheSpecificationSays(index: Int) throws {
        let ledger = try Ledger.shared.get()
        let entry = try ledger.canonicalEntries()[index]
        let log = try ledger.naiveLog()
        let text = [
            "c2sp.org/tlog-proof@v1\n", "extra \(Data(entry).base64EncodedString())\n",
            "index \(index)\n",
            log.path(of: index, in: 0..<300).map { Data($0).base64EncodedString() + "\n" }.joined(),
            "\n", try ledger.run("checkpoint").output,
        ].joined()
        #expect(try ledger.run("receipt", "--index", "\(index)").output == text)
    }

    @Test func givesTheEventThatWasAskedForUnderAWrongIndex() throws {
        let numbers = Array(1...20)
        let ledger = try Ledger.holding(numbers.map { eventLine($0) })
        let other = try Ledger.holding(numbers.reversed().map { eventLine($0) })
        let manager = FileManager.default
        for name in try ledger.files() where name.contains("index.sqlite") {
            try manager.removeItem(atPath: "\(ledger.path)/\(name)")
        }
        for name in try other.files() where name.contains("index.sqlite") {
            try manager.copyItem(
                atPath: "\(other.path)/\(name)",
                toPath: "\(ledger.path)/\(name)"
            )
        }
        for number in [1, 7, 20] {
            let made = try ledger.run("receipt", "--event", "event-\(number)")
            #expect(made.code == 0, "\(made.errors)")
            #expect(made.errors.contains("reindex"))
            let file = try ledger.scratch.file("receipt", made.output)
            let verified = try Caracal.run("receipt-verify", file, "--vkey", ledger.vkey)
            #expect(try object(of: verified)["event_id"] as? String == "event-\(number)")
        }
        #expect(try ledger.run("receipt", "--event", "event-21").code == 66)
    }

    /// Cosigners may have made a checkpoint long.
    @Test func takesAReceiptUnderManySignatures() throws {
        let ledger = try Ledger.shared.get()
        let scratch = try Scratch()
        var text = try ledger.run("receipt", "--index", "5").output
        for number in 0..<99 {
            let signature = Data(repeating: UInt8(number), count: 6_000).base64EncodedString()
            text += "— witness.example/\(number) \(signature)\n"
        }
        #expect(text.utf8.count > 1 << 19)
        let file = try scratch.file("long", text)
        let verified = try Caracal.run("receipt-verify", file, "--vkey", ledger.vkey)
        #expect(verified.code == 0, "\(verified.errors)")
        let tooLong = try scratch.file("too-long", text + String(repeating: "x", count: 1 << 20))
        #expect(try Caracal.run("receipt-verify", tooLong, "--vkey", ledger.vkey).code == 1)
    }
}
