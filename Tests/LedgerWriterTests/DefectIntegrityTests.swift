import Cryptography
import Foundation
import Merkle
import Testing

// What makes a ledger worth more than a table.
extension DefectTests {
    /// Defect 28: a tree that is switched off, or fails silently beside the rows.
    @Test func defect28EveryEntryIsUnderASignedCheckpoint() throws {
        let given = try DefectStack.get()
        let bare = try given.stack.sql(
            """
            SELECT count(*) FROM caracal.entries e WHERE index >= (SELECT max(size)
                FROM caracal.checkpoints c WHERE c.partition = e.partition)
            """
        )
        #expect(bare == "0")
        let verified = try given.stack.caracal("verify", "--json")
        #expect(verified.code == 0, "\(verified.output)")
        #expect(verified.output.contains(#""usesStoredKey":true"#))
    }

    /// Defect 29: a check of inclusion that says no to everything, or yes.
    @Test func defect29ReceiptsHoldAndForgedOnesDoNot() throws {
        let stack = try DefectStack.get().stack
        let vkey = try Programs.run("caracal", "vkey", stack.key, "--partition", "0").output
            .trimmingCharacters(in: .newlines)
        for index in [0, 7, 100] {
            let receipt = stack.path("\(index).tlog-proof")
            #expect(try stack.caracal("receipt", "--index", "\(index)", "-o", receipt).code == 0)
            let words = ["receipt-verify", receipt, "--vkey", vkey]
            #expect(try Programs.run("caracal", words).code == 0)
            var text = try String(contentsOfFile: receipt, encoding: .utf8)
            text.replace("index \(index)\n", with: "index \(index + 1)\n")
            try text.write(toFile: receipt, atomically: true, encoding: .utf8)
            #expect(try Programs.run("caracal", words).code == 1)
        }
    }

    /// Defect 30: nodes that pass for leaves, and a last leaf that can be repeated without a trace.
    @Test func defect30TreesAreOfOneListOnly() {
        let leaves = ["a", "b", "c"].map { RFC6962.leafHash(Array($0.utf8)) }
        #expect(RFC6962.root(of: leaves) != RFC6962.root(of: leaves + [leaves[2]]))
        let node = RFC6962.nodeHash(leaves[0], leaves[1])
        #expect(RFC6962.leafHash(leaves[0].bytes + leaves[1].bytes) != node)
        #expect(RFC6962.root(of: [node, leaves[2]]) == RFC6962.root(of: leaves))
        // So only what is hashed as a leaf can be an entry.
        #expect(
            RFC6962.root(of: [RFC6962.leafHash(node.bytes), leaves[2]]) != RFC6962.root(of: leaves)
        )
    }

    /// Defect 31: batches that can be taken away from the end, put in another order, or changed
    /// outside of what is signed.
    @Test func defect31WhatIsTakenAwayOrChangedShows() throws {
        let given = try DefectStack.get()
        // An older state is sound by itself, and does not extend what was saved.
        let words = ["verify", "--postgres", given.olderURL]
        #expect(try Programs.run("caracal", words).code == 0)
        let older = try Programs.run("caracal", words + ["--against", given.saved, "--json"])
        #expect(older.code == 1 && older.output.contains("is not extended"))
        #expect(try given.stack.caracal("verify", "--against", given.saved).code == 0)
        for (change, back, name) in [
            (
                "UPDATE caracal.entries SET source_offset = source_offset + 1 WHERE index = 5 AND partition = 0",
                "UPDATE caracal.entries SET source_offset = source_offset - 1 WHERE index = 5 AND partition = 0",
                "partition 0, entries row 5:"
            ),
            (
                "UPDATE caracal.settings SET key = 'x' WHERE key = 'origin'",
                "UPDATE caracal.settings SET key = 'origin' WHERE key = 'x'", "settings row origin:"
            ),
            (
                "UPDATE caracal.settings SET value = '!' || value WHERE key = 'verifier_key'",
                "UPDATE caracal.settings SET value = substr(value, 2) WHERE key = 'verifier_key'",
                "settings.value row"
            ),
            (
                "UPDATE caracal.dead_letters SET bytes = bytes || 'x'",
                "UPDATE caracal.dead_letters SET bytes = substr(bytes, 1, length(bytes) - 1)",
                "dead_letters row"
            ),
        ] {
            try given.stack.sql(change)
            let found = try given.stack.caracal("verify")
            try given.stack.sql(back)
            #expect(found.code == 1 && found.output.contains(name), "\(change): \(found.output)")
        }
        #expect(try given.stack.caracal("verify").code == 0)
    }

    /// Defect 32: keys without a name, of which a new one orphans what the old one signed, and that
    /// anybody may read for a moment.
    @Test func defect32KeysAreNamedSecretAndNotExchangedSilently() throws {
        let stack = try DefectStack.get().stack
        let key = stack.path("other.key")
        #expect(try Programs.run("caracal", "keygen", "--origin", "test/log", "-o", key).code == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let vkey = try Programs.run("caracal", "vkey", key).output
        #expect(vkey.firstMatch(of: #/^test\/log\+[0-9a-f]{8}\+/#) != nil)
        let other = try Programs.run(
            "ledger-writer",
            stack.words(["ledger.signing-key-file": key, "start.deadline": "20 s"])
        )
        #expect(other.code != 0 && other.errors.contains("another key"), "\(other.errors)")
        #expect(try stack.caracal("verify").code == 0)
    }

    /// Defect 33: a batch that only the memory has, or that waits for ever because it is not full.
    @Test func defect33ABatchThatIsNotFullIsStoredInTime() async throws {
        try await Stack.with(partitions: 1) { stack in
            let writer = try stack.writer(["batch.count": "8192", "batch.wait": "50 ms"])
            try await stack.produce((0..<3).map { Stack.event($0) })
            try await stack.waitUntil(done: 3, within: 20)
            writer.signal(SIGKILL)
            writer.wait()
            #expect(try stack.eventIDs().count == 3)
        }
    }

    /// Defect 34: digests that leave out what an event says, or hang on how a database shows it.
    @Test func defect34EveryPartOfAnEventIsInItsHash() throws {
        let given = try DefectStack.get()
        // The fixture's database shows times, bytes and numbers in a way of its own.
        #expect(try given.stack.sql("SHOW bytea_output") == "escape")
        #expect(try given.stack.caracal("verify").code == 0)
        let place = try given.stack.sql(
            "SELECT partition || ' ' || index FROM caracal.entries WHERE event_id = 'tenth'"
        ).split(separator: " ").map(String.init)
        func receipt() throws -> Int32 {
            try given.stack.caracal(
                "receipt",
                "--partition",
                place[0],
                "--index",
                place[1],
                "--entry-out",
                given.stack.path("entry"),
                "-o",
                given.stack.path("proof")
            ).code
        }
        #expect(try receipt() == 0)
        let bytes = try Data(contentsOf: URL(filePath: given.stack.path("entry")))
        let note = try #require(bytes.range(of: Data("note".utf8)))
        var other = bytes
        other[note.lowerBound] ^= 1
        #expect(
            RFC6962.leafHash(Array(other)) != RFC6962.leafHash(Array(bytes))
        )
        let vkey = try Programs.run("caracal", "vkey", given.stack.key, "--partition", place[0])
        let changed = given.stack.path("changed")
        try other.write(to: URL(filePath: changed))
        for (file, code) in [(given.stack.path("entry"), 0), (changed, 1)] as [(String, Int32)] {
            let checked = try Programs.run(
                "caracal",
                "receipt-verify",
                given.stack.path("proof"),
                "--vkey",
                vkey.output.trimmingCharacters(in: .newlines),
                "--entry",
                file
            )
            #expect(checked.code == code, "\(checked.errors)")
        }
    }
}
