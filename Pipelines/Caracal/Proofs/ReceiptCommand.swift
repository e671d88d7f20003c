import Checkpoints
import CommandLineInterface
import Events
import LedgersEmbedded
import Merkle
import StreamsEmbedded

/// `caracal receipt`: the proof that an entry is in the ledger.
enum ReceiptCommand {
    static let event = Parameter.option(
        "event",
        .text("ID"),
        help: "The entry of the event with this event_id."
    ).optional
    static let index = Parameter.option(
        "index",
        .wholeNumber(in: 0...Int.max),
        help: "The entry with this index."
    ).optional
    static let output = Parameter.option(
        "output",
        short: "o",
        .path(),
        help: "Where the receipt goes."
    ).optional(default: "standard output")
    static let entryOut = Parameter.option(
        "entry-out",
        .path(),
        help: "Where the entry's bytes go, too."
    ).optional

    static let command = Command(
        "receipt",
        about: """
            Make a receipt: an entry, and the proof that the signed ledger holds it.

            It is checked with the log's vkey alone: 'receipt-verify'.
            """,
        examples: [
            "caracal receipt my-ledger --index 7 -o call.tlog-proof",
            "caracal receipt my-ledger --event 018bd98f-0e40-7000-8000-000000000001",
        ],
        parameters: [Common.folder, event, index, output, entryOut],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let (event, index) = (try arguments[event], try arguments[index])
        guard (event == nil) != (index == nil) else {
            throw .usage("name the entry either by --event or by --index")
        }
        let folder = try CaracalFolder(arguments[Common.folder])
        let key = try KeyFile.verifierKey(at: folder.vkeyPath)
        let reader = try folder.ledgerReader()
        let place: Int
        if let index {
            place = index
        } else {
            place = try await find(event ?? "", folder, reader, console)
        }
        let found = try storing { () throws(StorageError) in try reader.entry(place) }
        guard let entry = found else {
            throw CommandError(
                "\(folder.path): there is no entry \(place); the ledger has \(reader.head.size)",
                exitCode: .noInput
            )
        }
        try make(
            of: place,
            entry,
            in: folder.ledger,
            size: reader.head.size,
            reader.hashes,
            (try folder.signedHead(reader, key), key),
            arguments,
            console
        )
        return .success
    }

    /// Makes a receipt that verifies, and writes what was asked for.
    static func make(
        of place: Int,
        _ entry: [UInt8],
        in ledger: String,
        size: Int,
        _ hashes: TiledHashes,
        _ head: (checkpoint: SignedCheckpoint, key: VerifierKey),
        _ arguments: Arguments,
        _ console: Console
    ) throws(CommandError) {
        let proof = try readingLedger { try InclusionProof(of: place, in: size, from: hashes) }
        let receipt = Receipt(proof: proof, checkpoint: head.checkpoint, extra: entry)
        do {
            // What is handed out must verify: derived files may be damaged.
            _ = try receipt.verify(entry: entry, with: head.key)
        } catch {
            throw CommandError(
                "\(ledger): the proof of entry \(place) does not lead to the signed root; "
                    + "'caracal verify' says more",
                exitCode: .badData
            )
        }
        if let path = try arguments[entryOut] { try OutputFile.write(entry, to: path) }
        if let path = try arguments[output] {
            try OutputFile.write(receipt.bytes, to: path)
        } else {
            try console.output(bytes: receipt.bytes)
        }
    }

    /// The index of the newest entry of an event.
    private static func find(
        _ event: String,
        _ folder: CaracalFolder,
        _ reader: EmbeddedLedgerReader,
        _ console: Console
    ) async throws(CommandError) -> Int {
        guard let place = try await folder.entry(ofEvent: event, reader, console) else {
            throw CommandError(
                "\(folder.path): there is no entry of an event '\(event)'",
                exitCode: .noInput
            )
        }
        return place
    }
}
