import CommandLineInterface
import Cryptography
import Ledgers
import LedgersEmbedded
import LedgersPostgres
import Merkle
import StreamsEmbedded

/// A ledger that commands read, in a folder or in a database.
protocol LedgerSource {
    /// The hashes of its tree.
    var hashes: TiledHashes { get }

    /// Visits entries in their order, each by its index and its canonical bytes, until `body` returns
    /// `false`.
    func visit(
        _ range: Range<Int>,
        _ body: (_ index: Int, _ bytes: Span<UInt8>) -> Bool
    ) throws(CommandError)

    /// The hashes of a level of tiles as they are kept.
    func treeHashes(level: Int, range: Range<Int>) throws -> [Digest]
}

extension EmbeddedLedgerReader: LedgerSource {
    func visit(
        _ range: Range<Int>,
        _ body: (_ index: Int, _ bytes: Span<UInt8>) -> Bool
    ) throws(CommandError) {
        try storing { () throws(StorageError) in
            try entries(in: range) { index, bytes in body(index, bytes) }
        }
    }
}

extension PostgresLedgerReader: LedgerSource {
    func visit(
        _ range: Range<Int>,
        _ body: (_ index: Int, _ bytes: Span<UInt8>) -> Bool
    ) throws(CommandError) {
        try Servers.ledger { () throws(LedgerError) in
            try entries(in: range) { index, bytes in body(index, bytes) }
        }
    }

    func treeHashes(level: Int, range: Range<Int>) throws -> [Digest] {
        try hashes.hashes(
            at: range.map { NodeCoordinate(level: level * TileCoordinate.height, index: $0) }
        )
    }
}
