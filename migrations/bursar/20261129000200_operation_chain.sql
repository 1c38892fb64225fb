-- The turn to link the operator log is a lock on a row, which only the owner of this schema can take. An advisory lock
-- could be taken by any login, and nothing was linked while it was held.

CREATE TABLE bursar.operation_turn (
    one boolean PRIMARY KEY DEFAULT true,
    CONSTRAINT operation_turn_one_check CHECK (one)
);

INSERT INTO bursar.operation_turn DEFAULT VALUES;

CREATE TRIGGER operation_turn_is_kept
    BEFORE DELETE OR TRUNCATE ON bursar.operation_turn
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();

-- Appends a link for each waiting row, at most 10,000 of them, and returns how many. One does so at a time; where
-- another is at it, this one does nothing. The encoding is described in docs/operations.md, and the audit computes it by
-- itself, without this function: nothing in it may change.
CREATE OR REPLACE FUNCTION bursar.link_operations() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_row      record;
    v_position bigint;
    v_digest   bytea;
    v_linked   bigint := 0;
BEGIN
    PERFORM FROM bursar.operation_turn t FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    -- The lock came first, so that this sees the last link of whoever held it before.
    SELECT l.position, l.digest INTO v_position, v_digest
      FROM bursar.operation_links l ORDER BY l.position DESC LIMIT 1;
    v_position := COALESCE(v_position, 0);
    FOR v_row IN
        SELECT o.id,
               ARRAY[o.id::text, o.operation_id::text, pg_catalog.trunc(EXTRACT(epoch FROM o.at) * 1000000)::text,
                     o.database_role, o.os_user, o.host, o.operator, o.command, o.parameters::text, o.reason, o.outcome] AS fields
          FROM bursar.unlinked_operations q JOIN bursar.operations o ON o.id = q.id
         WHERE NOT EXISTS (SELECT FROM bursar.operation_links l WHERE l.operation_row = q.id)
         ORDER BY o.id
         LIMIT 10000
    LOOP
        v_position := v_position + 1;
        INSERT INTO bursar.operation_links (position, operation_row, previous, digest)
        SELECT v_position, v_row.id, v_digest,
               pg_catalog.sha256(COALESCE(v_digest, ''::bytea) || pg_catalog.string_agg(
                   CASE WHEN f.value IS NULL THEN pg_catalog.int4send(-1)
                        ELSE pg_catalog.int4send(pg_catalog.octet_length(pg_catalog.convert_to(f.value, 'UTF8')))
                             || pg_catalog.convert_to(f.value, 'UTF8') END, ''::bytea ORDER BY f.n))
          FROM pg_catalog.unnest(v_row.fields) WITH ORDINALITY AS f (value, n)
        RETURNING digest INTO v_digest;
        v_linked := v_linked + 1;
    END LOOP;
    DELETE FROM bursar.unlinked_operations q
     WHERE EXISTS (SELECT FROM bursar.operation_links l WHERE l.operation_row = q.id);
    RETURN v_linked;
END
$$;

-- Nobody else may name the table in a statement that locks it or its row.
REVOKE ALL ON TABLE bursar.operation_turn FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON TABLE bursar.operation_turn FROM %I', v_role);
    END LOOP;
END
$$;
