import Checkpoints
import CommandLineInterface
import Cryptography
import Ledgers
import LedgersEmbedded
import Merkle
import StreamsEmbedded

extension CaracalFolder {
    /// Makes the empty ledger, signed with `key`.
    func makeLedger(_ key: SignerKey) async throws(CommandError) {
        if Folder.exists(FormatVersionFile.path(in: ledger)) { return }
        let empty = Checkpoint(origin: key.name, size: 0, root: RFC6962.emptyRoot)
        let note: SignedCheckpoint
        do {
            note = try await SignedCheckpoint.sign(empty, with: Ed25519Signer(key))
        } catch {
            throw CommandError("\(keyPath): cannot sign: \(error)", exitCode: .notPermitted)
        }
        do {
            try await EmbeddedLedgerStore.create(ledger, note: note.bytes)
        } catch {
            if case .file(let error) = error { throw CommandError(creating: error) }
            throw CommandError(error)
        }
    }

    /// The ledger as it is published now; takes no lock.
    func ledgerReader() throws(CommandError) -> EmbeddedLedgerReader {
        let ledger = ledger
        return try storing { () throws(StorageError) in try EmbeddedLedgerReader(ledger) }
    }

    /// The key that belongs to the ledger: the one whose vkey the folder has.
    ///
    /// - Throws: ``CommandError`` with ``ExitCode/notPermitted`` if it is missing or another.
    func signerKey() throws(CommandError) -> SignerKey {
        let key = try KeyFile.signerKey(at: keyPath)
        let expected = try KeyFile.verifierKey(at: vkeyPath)
        guard key.verifierKey == expected else {
            throw CommandError(
                "\(keyPath): is another key than '\(expected)' in \(vkeyPath); put the right one back",
                exitCode: .notPermitted
            )
        }
        return key
    }

    /// The verifier key, and whether it is only the one that the folder itself has.
    func verifierKey(_ given: VerifierKey?) throws(CommandError) -> (VerifierKey, isStored: Bool) {
        if let given { return (given, false) }
        return (try KeyFile.verifierKey(at: vkeyPath), true)
    }
}

/// Reads from the ledger's files, where errors come untyped.
func readingLedger<Result>(_ body: () throws -> Result) throws(CommandError) -> Result {
    do {
        return try body()
    } catch let error as CommandError {
        throw error
    } catch let error as StorageError {
        throw CommandError(error)
    } catch let error as FileError {
        throw CommandError(reading: error)
    } catch {
        throw CommandError("\(error)", exitCode: .badData)
    }
}

extension CaracalFolder {
    /// The newest checkpoint, verified.
    func signedHead(
        _ reader: EmbeddedLedgerReader,
        _ key: VerifierKey
    ) throws(CommandError) -> SignedCheckpoint {
        do {
            return try SignedCheckpoint(verifying: reader.head.note, with: key)
        } catch {
            throw CommandError(
                "\(ledger): the newest note \(error.message); 'caracal verify' says more",
                exitCode: .badData
            )
        }
    }
}
