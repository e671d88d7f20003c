// Hashes over what no tree covers.
//
// `checkpoints.source_hash` is over offset, sequence and producer of the entries since the checkpoint
// before, whose hash it begins with; `source_sum` and `source_moment` find the row that has changed.
// `dead_letters.letter_hash` is chained in the same way; `cursors` has the newest. `row_hash` is over
// the other columns of its own row. What was there before has none of the first two; the chains
// begin behind it.
//
// `checkpoints.event_keys` has 10 bytes of the SHA-256 of each event's identifier, in order of index: what
// a writer has to know of the newest entries, without reading them again. Where it has none, because
// all producers number their events or an older writer stored them, the entries are read.

extension LedgerMigration {
    static let hashes = LedgerMigration(
        version: 3,
        name: "hashes over what is in no tree",
        sql: columnsSQL + fillSQL + hashGrantSQL
    )

    private static let columnsSQL = """
        ALTER TABLE caracal.migrations ADD COLUMN row_hash bytea;
        ALTER TABLE caracal.cursors ADD COLUMN letter_hash bytea
            CHECK (octet_length(letter_hash) = 32), ADD COLUMN row_hash bytea;
        ALTER TABLE caracal.marks ADD COLUMN row_hash bytea;
        ALTER TABLE caracal.checkpoints ADD COLUMN previous_size bigint,
            ADD COLUMN source_hash bytea CHECK (octet_length(source_hash) = 32),
            ADD COLUMN source_sum bigint, ADD COLUMN source_moment bigint,
            ADD COLUMN event_keys bytea CHECK (octet_length(event_keys) % 10 = 0),
            ADD COLUMN row_hash bytea;
        ALTER TABLE caracal.checkpoints ALTER COLUMN event_keys SET STORAGE EXTERNAL;
        ALTER TABLE caracal.dead_letters
            ADD COLUMN letter_hash bytea CHECK (octet_length(letter_hash) = 32),
            ADD COLUMN row_hash bytea;

        """

    /// The owner may not change checkpoints, and lets itself for this once.
    private static let fillSQL = """
        GRANT UPDATE ON caracal.checkpoints TO CURRENT_USER;
        UPDATE caracal.checkpoints AS p SET previous_size = coalesce((SELECT max(o.size)
            FROM caracal.checkpoints o WHERE o.partition = p.partition AND o.size < p.size), 0);
        UPDATE caracal.migrations SET row_hash = \(RowHash.sql(RowHash.migrations));
        UPDATE caracal.cursors SET row_hash = \(RowHash.sql(RowHash.cursors));
        UPDATE caracal.marks SET row_hash = \(RowHash.markSQL);
        UPDATE caracal.checkpoints SET row_hash = \(RowHash.sql(RowHash.checkpoints));
        UPDATE caracal.dead_letters SET row_hash = \(RowHash.sql(RowHash.deadLetters));
        REVOKE UPDATE ON caracal.checkpoints FROM CURRENT_USER;
        ALTER TABLE caracal.cursors ALTER COLUMN row_hash SET NOT NULL;
        ALTER TABLE caracal.marks ALTER COLUMN row_hash SET NOT NULL;
        ALTER TABLE caracal.checkpoints ALTER COLUMN row_hash SET NOT NULL,
            ALTER COLUMN previous_size SET NOT NULL;
        ALTER TABLE caracal.dead_letters ALTER COLUMN row_hash SET NOT NULL;

        """

    private static let hashGrantSQL = """
        GRANT UPDATE (row_hash) ON caracal.dead_letters TO caracal_writer;
        """
}
