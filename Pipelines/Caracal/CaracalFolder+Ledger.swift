import Checkpoints
import CommandLineInterface

extension CaracalFolder {
    /// Makes the empty ledger, signed with `key`.
    func makeLedger(_ key: SignerKey) async throws(CommandError) {
    }
}
