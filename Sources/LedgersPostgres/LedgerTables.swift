// The tables of the ledgers, all in the schema `caracal`.
//
// `entries` is the ledger of record: `payload` holds the canonical bytes that are hashed as leaf;
// every other column is derived from them, or says where the record came from. A text that holds
// U+0000, which no text of the database can, has U+FFFD in its place; the payload has it as it is.
// Only the primary key, which grows at its end, is kept up with every row; the BRIN indices are made
// by vacuum afterwards. Large payloads stand beside the row as they are: compressing them would
// cost more than all the rest.
//
// The tables below `entries` hold a range of indices of one partition each. A writer has them made
// ahead through `extend_entries`, which needs no right to make tables.
//
// `tiles` has the full tiles of every level, `trees.partial` the hashes behind the last full one of
// each, level 0 first, 32 bytes a hash: together all that proofs need.
//
// The newest row of `checkpoints` is the tree as it is: `range` has the roots of its perfect
// subtrees, 32 bytes each and the largest first.

extension LedgerMigration {
    static let tables = LedgerMigration(
        version: 1,
        name: "entries, tiles, checkpoints, cursors, marks and dead letters",
        sql: entriesSQL + treeSQL + progressSQL
    )

    private static let entriesSQL = """
        CREATE TABLE caracal.settings (
            key text COLLATE "C" PRIMARY KEY,
            value text NOT NULL
        );
        INSERT INTO caracal.settings VALUES ('entries_per_table', '16777216');

        CREATE TABLE caracal.entries (
            index bigint NOT NULL,
            source_offset bigint NOT NULL,
            event_time bigint NOT NULL,
            cost_nanos bigint,
            sequence bigint,
            partition integer NOT NULL,
            event_type text COLLATE "C" NOT NULL,
            event_id text COLLATE "C" NOT NULL,
            agent_id text COLLATE "C" NOT NULL,
            resource_type text COLLATE "C",
            currency text COLLATE "C",
            producer bytea,
            payload bytea NOT NULL,
            CONSTRAINT entries_pkey PRIMARY KEY (partition, index),
            CONSTRAINT entries_place CHECK (partition >= 0 AND index >= 0 AND source_offset >= 0),
            CONSTRAINT entries_payload CHECK (octet_length(payload) BETWEEN 1 AND 65535),
            CONSTRAINT entries_event_type CHECK (
                event_type IN ('metering', 'policy_decision', 'agent_lifecycle', 'policy_change')
            ),
            CONSTRAINT entries_cost CHECK (
                (cost_nanos IS NULL AND currency IS NULL)
                OR (cost_nanos >= 0 AND octet_length(currency) = 3)
            ),
            CONSTRAINT entries_producer CHECK (sequence >= 0 AND producer IS NOT NULL
                OR sequence IS NULL)
        ) PARTITION BY RANGE (partition, index);
        ALTER TABLE caracal.entries ALTER COLUMN payload SET STORAGE EXTERNAL;
        CREATE INDEX entries_event_time ON caracal.entries USING brin (event_time);
        CREATE INDEX entries_event_id ON caracal.entries USING brin (event_id text_bloom_ops);
        COMMENT ON TABLE caracal.entries IS
            'The ledgers: one row an entry. payload is the entry; the other columns are derived.';
        COMMENT ON COLUMN caracal.entries.event_time IS 'Nanoseconds since 1970, UTC.';
        COMMENT ON COLUMN caracal.entries.cost_nanos IS 'Billionths of the currency.';

        CREATE TABLE caracal.entry_tables (
            partition integer NOT NULL,
            lower_index bigint NOT NULL,
            upper_index bigint NOT NULL,
            PRIMARY KEY (partition, lower_index),
            CHECK (0 <= lower_index AND lower_index < upper_index)
        );

        """

    private static let treeSQL = """
        CREATE TABLE caracal.tiles (
            partition integer NOT NULL,
            level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
            tile bigint NOT NULL CHECK (tile >= 0),
            hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192),
            PRIMARY KEY (partition, level, tile)
        );
        ALTER TABLE caracal.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

        CREATE TABLE caracal.trees (
            partition integer PRIMARY KEY,
            partial bytea NOT NULL CHECK (octet_length(partial) % 32 = 0)
        );
        ALTER TABLE caracal.trees ALTER COLUMN partial SET STORAGE EXTERNAL;

        CREATE TABLE caracal.checkpoints (
            partition integer NOT NULL,
            size bigint NOT NULL CHECK (size > 0),
            root bytea NOT NULL CHECK (octet_length(root) = 32),
            range bytea NOT NULL CHECK (octet_length(range) % 32 = 0),
            note bytea NOT NULL,
            epoch bigint NOT NULL,
            next_offset bigint NOT NULL CHECK (next_offset >= 0),
            committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (partition, size)
        );

        """

    private static let progressSQL = """
        CREATE TABLE caracal.cursors (
            partition integer PRIMARY KEY CHECK (partition >= 0),
            topic text NOT NULL,
            topic_id text,
            next_offset bigint NOT NULL DEFAULT 0 CHECK (next_offset >= 0),
            epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0)
        ) WITH (fillfactor = 10);

        CREATE TABLE caracal.marks (
            partition integer NOT NULL,
            producer bytea NOT NULL,
            sequence bigint NOT NULL CHECK (sequence >= 0)
        ) WITH (fillfactor = 50);
        CREATE UNIQUE INDEX marks_producer ON caracal.marks (partition, sha256(producer));

        CREATE TABLE caracal.dead_letters (
            partition integer NOT NULL,
            source_offset bigint NOT NULL CHECK (source_offset >= 0),
            reason text NOT NULL CHECK (reason IN ('malformed_row', 'malformed_event', 'too_large',
                'id_conflict', 'rejected_by_store')),
            message text NOT NULL,
            bytes bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            is_published boolean NOT NULL DEFAULT false,
            is_redriven boolean NOT NULL DEFAULT false,
            PRIMARY KEY (partition, source_offset)
        );
        CREATE INDEX dead_letters_outbox ON caracal.dead_letters (partition, source_offset)
            WHERE NOT is_published;
        COMMENT ON COLUMN caracal.dead_letters.is_published IS
            'Whether it has been copied to the topic of dead letters.';

        """
}
