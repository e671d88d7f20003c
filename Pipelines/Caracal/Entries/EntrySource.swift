import CommandLineInterface
import LedgersEmbedded
import StreamsEmbedded

/// Where entries are looked for: the whole ledger.
struct EntrySource {
    private let reader: EmbeddedLedgerReader

    init(_ reader: EmbeddedLedgerReader) {
        self.reader = reader
    }

    /// Visits entries in their order, until `visit` returns `false`.
    func forEach(
        _ visit: (_ index: Int, _ bytes: Span<UInt8>) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try reader.entries(in: 0..<reader.head.size, visit)
    }
}

extension CaracalFolder {
    /// Where entries that `filter` admits are looked for.
    func entrySource(
        _ filter: EntryFilter,
        _ reader: EmbeddedLedgerReader
    ) throws(CommandError) -> EntrySource {
        EntrySource(reader)
    }
}
