import Checkpoints
import CommandLineInterface
import Ledgers
import LedgersPostgres
import StreamsPostgres

/// The ledgers in a database, as the commands read them: one for each partition of the topic.
struct LedgerDatabase {
    let session: PostgresSession
    /// How messages call it.
    let name: String
    private let identity: LedgerIdentity

    /// Connects to the database that `--postgres` names.
    ///
    /// - Throws: ``CommandError``: `unavailable`, `notPermitted`, `badSettings` if there is no schema or
    ///   nobody has written yet, `badData` for a newer schema.
    init(_ arguments: Arguments) throws(CommandError) {
        session = try Servers.connect(arguments[Servers.postgres])
        name = "postgres"
        let session = session
        try Servers.refuseNewer(session)
        let stored = try Servers.ledger { () throws(LedgerError) in
            try LedgerSchema.check(session)
            return try LedgerIdentity.read(session)
        }
        guard let stored else {
            throw CommandError(
                "postgres: no ledger-writer has written here yet",
                exitCode: .noInput
            )
        }
        identity = stored
    }

    /// The partitions that a command covers: the one that was named, or all.
    func partitions(_ arguments: Arguments) throws(CommandError) -> [Int] {
        if let partition = try arguments[Servers.partition] { return [partition] }
        let session = session
        return try Servers.ledger { () throws(LedgerError) in
            try PostgresLedgerReader.partitions(session)
        }
    }

    /// The ledger of one partition as it is now.
    func reader(_ partition: Int) throws(CommandError) -> PostgresLedgerReader {
        let session = session
        do throws(LedgerError) {
            return try PostgresLedgerReader(session, partition: partition)
        } catch {
            if case .unusable(let reason) = error {
                throw CommandError("postgres: \(reason)", exitCode: .noInput)
            }
            throw CommandError(ledger: error)
        }
    }

    /// The vkey that is stored, of the origin.
    var storedKey: String { identity.verifierKey }

    /// The name of a partition's log.
    func origin(_ partition: Int) -> String { "\(identity.origin)/\(partition)" }

    /// The key of a partition's log: of the one that was given, or of the one that is stored.
    ///
    /// - Parameters:
    ///   - given: The vkey of the origin, or of the partition's own log.
    ///   - partition: Whose log it is.
    /// - Returns: The key under the log's name, and whether it is only the stored one.
    /// - Throws: ``CommandError`` if the stored one is none.
    func key(
        _ given: VerifierKey?,
        _ partition: Int
    ) throws(CommandError) -> (VerifierKey, isStored: Bool) {
        do throws(KeyError) {
            let key: VerifierKey
            if let given {
                key = given
            } else {
                key = try VerifierKey(parsing: identity.verifierKey)
            }
            let name = key.name == origin(partition) ? key.name : "\(key.name)/\(partition)"
            let own = try VerifierKey(name: name, publicKey: key.publicKey)
            return (own, given == nil)
        } catch {
            throw CommandError(
                "postgres: caracal.settings: verifier_key is no vkey",
                exitCode: .badData
            )
        }
    }

    /// The newest checkpoint of a partition's log, verified.
    func signedHead(
        _ reader: PostgresLedgerReader,
        _ key: VerifierKey
    ) throws(CommandError) -> SignedCheckpoint {
        guard !reader.head.note.isEmpty else {
            throw CommandError(
                "postgres: partition \(reader.head.partition) has no entries yet",
                exitCode: .noInput
            )
        }
        do {
            return try SignedCheckpoint(verifying: reader.head.note, with: key)
        } catch {
            throw CommandError(
                "postgres: the newest note of partition \(reader.head.partition) \(error.message); "
                    + "'caracal verify' says more",
                exitCode: .badData
            )
        }
    }
}
