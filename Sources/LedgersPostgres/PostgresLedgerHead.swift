public import Cryptography

/// How far a partition's ledger is stored.
public struct PostgresLedgerHead: Hashable, Sendable {
    public let partition: Int
    /// The topic whose partition it is.
    public let topic: String
    /// The number of entries, and the root over them.
    public let size: Int
    public let root: Digest
    /// The newest checkpoint, a signed note; empty if nothing has been signed.
    public let note: [UInt8]
    /// The first offset of the topic's partition that is not done.
    public let nextOffset: Int
    public let epoch: Int
}
