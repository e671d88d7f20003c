import Checkpoints
import CommandLineInterface
import Events
import StreamsEmbedded

/// `caracal receipt-verify`: a receipt, checked without the folder that it is from.
enum ReceiptVerifyCommand {
    private static let file = Parameter.argument("file", .path(), help: "The receipt.")
    private static let key = Parameter.option("vkey", .vkey, help: "The log's public key.")
    private static let entry = Parameter.option(
        "entry",
        .path(),
        help: "The entry's bytes, if the receipt does not carry them."
    ).optional

    static let command = Command(
        "receipt-verify",
        about: """
            Check a receipt with the log's public key alone, and print its event.

            Exits 0 if the event is in the log, 1 if that is not proven, whatever the reason.
            """,
        examples: ["caracal receipt-verify call.tlog-proof --vkey example.com/log+1a2b3c4d+AQ…"],
        parameters: [file, key, entry],
        action: run
    )

    private static func run(
        _ arguments: Arguments,
        _ console: Console
    ) async throws(CommandError) -> ExitCode {
        let path = try arguments[file]
        let bytes = try reading { () throws(FileError) in
            try Folder.beginning(of: path, limit: Receipt.byteLimit + 1)
        }
        let given = try arguments[entry]
        let ownEntry: [UInt8]?
        if let given {
            ownEntry = try reading { () throws(FileError) in
                try Folder.beginning(of: given, limit: EventLimits.canonicalBytes + 1)
            }
        } else {
            ownEntry = nil
        }
        let receipt: Receipt
        do {
            receipt = try Receipt(parsing: bytes)
        } catch {
            console.errors("\(path): \(error.message)")
            return .negative
        }
        guard let entry = ownEntry ?? receipt.extra else {
            throw .usage("\(path): carries no entry; give its bytes: --entry FILE")
        }
        do {
            let key = try arguments[key]
            let checkpoint = try receipt.verify(entry: entry, with: key).checkpoint
            let json = try eventJSON(entry)
            console.errors(
                "entry \(receipt.index) of '\(checkpoint.origin)' (size \(checkpoint.size)): proven"
            )
            try console.output(bytes: json)
            return .success
        } catch let error as CommandError {
            throw error
        } catch let error as ReceiptError {
            console.errors("\(path): \(error.message)")
        } catch {
            console.errors("\(path): its entry is no event: \(error)")
        }
        return .negative
    }
}
