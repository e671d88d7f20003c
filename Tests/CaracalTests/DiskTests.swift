import Foundation
import Testing

/// Disks that take no bytes, and files that may not be read.
///
/// Each command runs with mounts of its own, which are gone when it ends. Where a process may not
/// mount, the tests are skipped, saying so.
@Suite struct DiskTests {
    private static let mayMount = succeeds("unshare -m mount -t tmpfs none /tmp")
    private static let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    private static let mayBeNobody = succeeds("\(nobody) '\(Caracal.path)' --help")

    private static func succeeds(_ line: String) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", "\(line) >/dev/null 2>&1"]
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// A start of a command with `mounts` made before it, seen by nobody else.
    private func mounted(_ mounts: String) -> String {
        "exec unshare -m bash -c '\(mounts) && exec \"$0\" \"$@\"' \"$0\" \"$@\""
    }

    @Test(.enabled(if: mayMount, "needs the right to mount"))
    func onlyReadsOnAReadOnlyDisk() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        _ = try ledger.run("ingest", ledger.scratch.file("more.csv", traceText(rows: 5)))
        let limit = mounted(
            "mount --bind \(ledger.path) \(ledger.path) && mount -o remount,ro,bind \(ledger.path)"
        )
        let scratch = ledger.scratch
        for words in [
            ["status", ledger.path], ["checkpoint", ledger.path], ["verify", ledger.path],
            ["entries", ledger.path, "--agent", "agent-3"], ["dlq", "list", ledger.path],
            ["receipt", ledger.path, "--index", "3"], ["tiles", ledger.path, scratch("tiles")],
            ["backup", ledger.path, scratch("copy")],
        ] {
            let outcome = try Caracal.run(words, limit: limit)
            #expect(outcome.code == 0, "\(words): \(outcome.errors)")
        }
        for words in [
            ["ingest", ledger.path, Caracal.trace], ["run", ledger.path, "--until-drained"],
            ["reindex", ledger.path], ["dlq", "retry", ledger.path, "--all"],
        ] {
            let outcome = try Caracal.run(words, limit: limit)
            #expect(outcome.code == 74, "\(words): \(outcome.errors)")
            #expect(outcome.errors.contains("read-only") && outcome.errors.contains(ledger.path))
        }
        for words in [
            ["init", ledger.path + "/a"], ["tiles", ledger.path, ledger.path + "/a"],
            ["backup", ledger.path, ledger.path + "/a"],
            ["receipt", ledger.path, "--index", "3", "-o", ledger.path + "/a"],
            ["keygen", "--origin", "a", "-o", ledger.path + "/a"],
        ] {
            #expect(try Caracal.run(words, limit: limit).code == 73, "\(words)")
        }
        try ledger.drain()
        #expect(try ledger.status()["size"] as? Int == 305)
    }

    /// The folder lies on a disk of 3.5 MB while the command works, and is copied back as it was left.
    @Test(.enabled(if: mayMount, "needs the right to mount"))
    func losesNothingOnASmallDisk() throws {
        let ledger = try Ledger()
        let (path, kept) = (ledger.path, ledger.scratch("kept"))
        func small(_ words: [String]) throws -> Caracal.Outcome {
            let script = """
                cp -a \(path) \(kept) && mount -t tmpfs -o size=3400k none \(path) \
                && cp -a \(kept)/. \(path)/ && { "$0" "$@"; code=$?; cp -a \(path)/. \(kept)/; \
                umount \(path) && cp -a \(kept)/. \(path)/ && rm -r \(kept); exit $code; }
                """
            return try Caracal.run(
                words,
                limit: "exec unshare -m bash -c '\(script)' \"$0\" \"$@\""
            )
        }
        let full = try small(["ingest", path, Caracal.trace])
        #expect(full.code == 74, "\(full.errors)")
        #expect(full.errors.contains("no space left"))
        let read = try #require(try ledger.status()["logEnd"] as? Int)
        #expect((1..<19_366).contains(read))
        #expect(try ledger.run("verify").code == 0)

        // With room again, the rest; then the ledger has none.
        let rest = try ledger.run("ingest", Caracal.trace)
        #expect(
            rest.lastLine == "read 19366 appended \(19_366 - read) already \(read) dead 0"
        )
        #expect(try ledger.run("verify").code == 0)
        try ledger.drain()
        #expect(try ledger.root() == Ledger.whole.get().root())
    }

    @Test(.enabled(if: mayBeNobody, "needs the right to be another user"))
    func saysWhatIsNotPermitted() throws {
        let ledger = try Ledger(copying: Ledger.shared.get())
        let scratch = ledger.scratch
        let secret = try scratch.file("secret.csv", traceText(rows: 5))
        unsafe chmod(secret, 0o600)
        for words in [
            ["ingest", ledger.path, secret], ["run", ledger.path, "--until-drained"],
            ["receipt-verify", secret, "--vkey", ledger.vkey], ["entry", secret],
            ["vkey", ledger.path + "/signing.key"], ["reindex", ledger.path],
        ] {
            let outcome = try Caracal.run(
                words,
                limit: "set -- \(Self.nobody) \"$0\" \"$@\"; exec \"$@\""
            )
            #expect(outcome.code == 77, "\(words): \(outcome.errors)")
            #expect(outcome.output == "")
        }
        for words in [["status", ledger.path], ["verify", ledger.path]] {
            let outcome = try Caracal.run(
                words,
                limit: "set -- \(Self.nobody) \"$0\" \"$@\"; exec \"$@\""
            )
            #expect(outcome.code == 0, "\(words): \(outcome.errors)")
        }
    }
}
