import Checkpoints
import CommandLineInterface
import Cryptography
import Merkle
import StreamsEmbedded

/// `caracal consistency-verify`: that one checkpoint extends another.
enum ConsistencyVerifyCommand {
    private static let old = Parameter.argument("old", .path(), help: "The older checkpoint.")
    private static let new = Parameter.argument("new", .path(), help: "The newer checkpoint.")
    private static let proof = Parameter.argument(
        "proof",
        .path(),
        help: "Hashes in base64, a line each, as 'prove-consistency' prints them."
    )
    private static let key = Parameter.option("vkey", .vkey, help: "The log's public key.")

    static let command = Command(
        "consistency-verify",
        about: """
            Check that a checkpoint extends an older one of the same log.

            Exits 0 if it does, 1 if that is not proven, whatever the reason.
            """,
        examples: [
            "caracal consistency-verify old.note new.note proof.txt --vkey log+1a2b3c4d+AQ…"
        ],
        parameters: [old, new, proof, key],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let (old, new) = (try arguments[old], try arguments[new])
        let oldNote = try note(at: old)
        let newNote = try note(at: new)
        let proofPath = try arguments[proof]
        let text = try reading { () throws(FileError) in
            try Folder.beginning(of: proofPath, limit: 1 << 14)
        }
        let key = try arguments[key]
        do throws(CheckpointError) {
            let older = try checked(oldNote, old, key, console)
            let newer = try checked(newNote, new, key, console)
            guard let hashes = hashes(in: text) else {
                console.errors("\(proofPath): is not one base64 hash a line")
                return .negative
            }
            let proof = ConsistencyProof(
                oldSize: older.size,
                newSize: newer.size,
                hashes: hashes
            )
            let isProven =
                proof?.isValidOrFromEmpty(oldRoot: older.root, newRoot: newer.root) ?? false
            guard isProven else {
                console.errors("not proven that size \(newer.size) extends size \(older.size)")
                return .negative
            }
            console.errors("proven: size \(newer.size) extends size \(older.size)")
            return .success
        } catch {
            return .negative
        }
    }

    private static func note(at path: String) throws(CommandError) -> [UInt8] {
        try reading { () throws(FileError) in
            try Folder.beginning(of: path, limit: SignedNote.byteLimit + 1)
        }
    }

    private static func checked(
        _ note: [UInt8],
        _ path: String,
        _ key: VerifierKey,
        _ console: Console
    ) throws(CheckpointError) -> Checkpoint {
        do {
            return try SignedCheckpoint.verify(note, with: key)
        } catch {
            console.errors("\(path): \(error.message)")
            throw error
        }
    }

    private static func hashes(in bytes: [UInt8]) -> [Digest]? {
        var lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)[...]
        if lines.last == "" { lines.removeLast() }
        var hashes: [Digest] = []
        for line in lines {
            guard hashes.count < 64, let hash = Digest(base64: line) else { return nil }
            hashes.append(hash)
        }
        return hashes
    }
}
