import CommandLineInterface
import Cryptography
import LedgersEmbedded
import Merkle

/// `caracal prove-consistency`: that the ledger of one size extends that of another.
enum ProveConsistencyCommand {
    private static let from = Parameter.option(
        "from",
        .wholeNumber(in: 0...Int.max),
        help: "The size of the older tree."
    )
    private static let to = Parameter.option(
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
        guard to <= reader.head.size else {
            throw CommandError(
                "\(folder.path): the ledger has \(reader.head.size) entries, not \(to)",
                exitCode: .noInput
            )
        }
        let proof = try readingLedger {
            try ConsistencyProof(from: from, to: to, source: reader.hashes)
        }
        for hash in proof.hashes { try console.output(hash.base64) }
        return .success
    }
}
