// Who may do what: three roles without login, to be granted to the users of the services.
//
// `caracal_writer` adds rows and moves cursors; nobody but the owner of the tables may change or
// delete an entry, a tile or a checkpoint, and the owner has to grant it to itself first.
// `caracal_reader` sees the ledgers, `caracal_auditor` also the dead letters, whose bytes are as
// they came.

extension LedgerMigration {
    static let roles = LedgerMigration(
        version: 2,
        name: "roles and the making of tables ahead",
        sql: makeRolesSQL + extendSQL + grantSQL
    )

    /// Roles belong to all databases of a server, so others may be making them at the same time.
    private static let makeRolesSQL = """
        DO $$
        DECLARE
            wanted text;
        BEGIN
            FOREACH wanted IN ARRAY ARRAY['caracal_writer', 'caracal_reader', 'caracal_auditor']
            LOOP
                IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
                    BEGIN
                        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
                    EXCEPTION WHEN duplicate_object OR unique_violation THEN
                        NULL;
                    END;
                END IF;
            END LOOP;
        END
        $$;

        """

    /// Attaching a table, unlike making it as a part, does not wait for those who write to others.
    private static let extendSQL = """
        CREATE FUNCTION caracal.extend_entries(of_partition integer, up_to bigint) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            lower_bound bigint;
            width bigint;
            name text;
        BEGIN
            IF of_partition IS NULL OR of_partition < 0 OR up_to IS NULL
                OR up_to NOT BETWEEN 0 AND 4611686018427387904 THEN
                RAISE EXCEPTION 'no such range of entries' USING ERRCODE = 'invalid_parameter_value';
            END IF;
            LOCK TABLE caracal.entry_tables IN SHARE ROW EXCLUSIVE MODE;
            SELECT greatest(value::bigint, 1) INTO STRICT width FROM caracal.settings
                WHERE key = 'entries_per_table';
            SELECT coalesce(max(upper_index), 0) INTO lower_bound FROM caracal.entry_tables
                WHERE partition = of_partition;
            IF (up_to - lower_bound) / width > 1000 THEN
                RAISE EXCEPTION 'too many tables at once' USING ERRCODE = 'invalid_parameter_value';
            END IF;
            WHILE lower_bound - width < up_to LOOP
                name := format('entries_%s_%s', of_partition, lower_bound);
                EXECUTE format(
                    'CREATE TABLE caracal.%I (LIKE caracal.entries INCLUDING ALL)', name);
                -- A new BRIN index knows its first range, and would learn of every row in it.
                PERFORM brin_desummarize_range(i.indexrelid, 0) FROM pg_index i
                    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
                    WHERE i.indrelid = format('caracal.%I', name)::regclass AND a.amname = 'brin';
                EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON caracal.%I FROM CURRENT_USER',
                    name);
                EXECUTE format('GRANT SELECT ON caracal.%I TO caracal_writer, caracal_reader, '
                    'caracal_auditor', name);
                EXECUTE format('ALTER TABLE caracal.entries ATTACH PARTITION caracal.%I '
                    'FOR VALUES FROM (%s, %s) TO (%s, %s)',
                    name, of_partition, lower_bound, of_partition, lower_bound + width);
                INSERT INTO caracal.entry_tables
                    VALUES (of_partition, lower_bound, lower_bound + width);
                lower_bound := lower_bound + width;
            END LOOP;
            RETURN lower_bound - width;
        END
        $$;
        COMMENT ON FUNCTION caracal.extend_entries IS
            'Makes the tables for the entries of a partition below an index, and one more; returns where the last one begins.';

        """

    private static let grantSQL = """
        REVOKE UPDATE, DELETE, TRUNCATE ON caracal.entries, caracal.tiles, caracal.checkpoints
            FROM PUBLIC, CURRENT_USER;
        REVOKE ALL ON FUNCTION caracal.extend_entries FROM PUBLIC;
        GRANT USAGE ON SCHEMA caracal TO caracal_writer, caracal_reader, caracal_auditor;
        GRANT SELECT ON ALL TABLES IN SCHEMA caracal TO caracal_writer, caracal_auditor;
        GRANT SELECT ON caracal.migrations, caracal.settings, caracal.entries,
            caracal.entry_tables, caracal.tiles, caracal.trees, caracal.checkpoints,
            caracal.cursors, caracal.marks TO caracal_reader;
        GRANT INSERT ON caracal.settings, caracal.entries, caracal.tiles, caracal.trees,
            caracal.checkpoints, caracal.cursors, caracal.marks, caracal.dead_letters
            TO caracal_writer;
        GRANT UPDATE ON caracal.trees, caracal.cursors, caracal.marks TO caracal_writer;
        GRANT UPDATE (is_published, is_redriven) ON caracal.dead_letters TO caracal_writer;
        GRANT EXECUTE ON FUNCTION caracal.extend_entries TO caracal_writer;
        """
}
