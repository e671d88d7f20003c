public import Checkpoints
import Cryptography
public import Ledgers

/// Signs trees with one key, each under the name of its partition's log.
///
/// - Parameters:
///   - key: Its name is not used.
///   - origin: The name of a partition's log.
/// - Returns: What makes a checkpoint, a signed note, of a tree; or throws
///   `LedgerError.signingFailed(reason:)` with nothing signed.
public func treeHeadSigner(
    _ key: SignerKey,
    origin: @escaping @Sendable (_ partition: Int) -> String
) -> TreeHeadSigner {
    { (partition: Int, size: Int, root: Digest) async throws(LedgerError) -> [UInt8] in
        let own: SignerKey
        do throws(KeyError) {
            own = try key.renamed(origin(partition))
        } catch {
            throw LedgerError.signingFailed(reason: "\(error)")
        }
        let checkpoint = Checkpoint(origin: own.name, size: size, root: root)
        do throws(SigningError) {
            return try await SignedCheckpoint.sign(checkpoint, with: Ed25519Signer(own)).bytes
        } catch {
            throw LedgerError.signingFailed(reason: "\(error)")
        }
    }
}
