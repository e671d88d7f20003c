import Checkpoints
import CommandLineInterface
import Cryptography
import LedgersEmbedded
import Merkle

/// `caracal prove-consistency`: that the ledger of one size extends that of another.
enum ProveConsistencyCommand {
    static let from = Parameter.option(
        "from",
        .wholeNumber(in: 0...Int.max),
        help: "The size of the older tree."
    )
    static let to = Parameter.option(
        "to",
        .wholeNumber(in: 0...Int.max),
        help: "The size of the newer tree."
    )

    static let command = Command(
        "prove-consistency",
        about: """
            Print the proof that the ledger of one size extends that of another.

            One hash in base64 a line, none if there is nothing to prove. 'consistency-verify'
            checks it.
            """,
        examples: ["caracal prove-consistency my-ledger --from 1000 --to 19366"],
        parameters: [Common.folder, from, to],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let (from, to) = (try arguments[from], try arguments[to])
        guard from <= to else { throw .usage("--from must not be more than --to") }
        let folder = try CaracalFolder(arguments[Common.folder])
        let reader = try folder.ledgerReader()
        let key = try KeyFile.verifierKey(at: folder.vkeyPath)
        try prove(
            folder.ledger,
            size: reader.head.size,
            reader.hashes,
            arguments,
            console
        ) { () throws(CommandError) in try folder.signedHead(reader, key).checkpoint }
        return .success
    }

    /// Prints the proof, if it leads to the signed root.
    static func prove(
        _ ledger: String,
        size: Int,
        _ hashes: TiledHashes,
        _ arguments: Arguments,
        _ console: Console,
        head: () throws(CommandError) -> Checkpoint
    ) throws(CommandError) {
        let (from, to) = (try arguments[from], try arguments[to])
        guard to <= size else {
            throw CommandError(
                "\(ledger): the ledger has \(size) entries, not \(to)",
                exitCode: .noInput
            )
        }
        let head = try head()
        let proof = try readingLedger { () throws -> ConsistencyProof? in
            let proof = try ConsistencyProof(from: from, to: to, source: hashes)
            return try isProven(proof, under: head, hashes) ? proof : nil
        }
        guard let proof else {
            // What is handed out must verify: derived files may be damaged.
            throw CommandError(
                "\(ledger): the proof from \(from) to \(to) does not lead to the signed root; "
                    + "'caracal verify' says more",
                exitCode: .badData
            )
        }
        for hash in proof.hashes { try console.output(hash.base64) }
    }

    /// Whether the proof holds between trees that the tree of the signed checkpoint extends.
    private static func isProven(
        _ proof: ConsistencyProof,
        under head: Checkpoint,
        _ hashes: TiledHashes
    ) throws -> Bool {
        let old = try CompactRange(size: proof.oldSize, from: hashes).root
        let new = try CompactRange(size: proof.newSize, from: hashes).root
        let rest = try ConsistencyProof(from: proof.newSize, to: head.size, source: hashes)
        return proof.isValidOrFromEmpty(oldRoot: old, newRoot: new)
            && rest.isValidOrFromEmpty(oldRoot: new, newRoot: head.root)
    }
}
