-- How the functions of bursar's schema add to the operator log, and how its rows become a hash chain. They run with
-- their owner's rights, so that a role which may call them needs no right on the log itself.

-- Adds a row to the log in the transaction of the operation. p_actor is what bursar knows of who runs it: operator,
-- os_user and host. Rows of one operation share its id, which is returned.
CREATE FUNCTION bursar.log_operation(
    p_actor      jsonb,
    p_command    text,
    p_parameters jsonb,
    p_reason     text,
    p_outcome    text,
    p_operation  uuid DEFAULT NULL
) RETURNS uuid
LANGUAGE sql SECURITY INVOKER SET search_path = '' AS $$
    INSERT INTO bursar.operations (operation_id, os_user, host, operator, command, parameters, reason, outcome)
    VALUES (COALESCE(p_operation, pg_catalog.gen_random_uuid()), p_actor ->> 'os_user', p_actor ->> 'host',
            p_actor ->> 'operator', p_command, p_parameters, p_reason, p_outcome)
    RETURNING operation_id
$$;

-- The chain. A row is linked after its transaction has committed, in a short transaction of its own: a link inside the
-- operation would let only one operation at a time write. So the chain goes by the order of linking, not of ids. There
-- is no foreign key, so that TRUNCATE is refused for what it is; the audit finds a link without its row.
CREATE TABLE bursar.operation_links (
    position      bigint PRIMARY KEY,
    operation_row bigint NOT NULL,
    previous      bytea,
    digest        bytea NOT NULL,
    CONSTRAINT operation_links_operation_row_key UNIQUE (operation_row),
    CONSTRAINT operation_links_digest_key UNIQUE (digest),
    CONSTRAINT operation_links_position_check CHECK (position > 0 AND (position = 1) = (previous IS NULL)),
    CONSTRAINT operation_links_digest_check CHECK (octet_length(digest) = 32 AND octet_length(previous) = 32)
);

CREATE TRIGGER operation_links_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.operation_links
    FOR EACH STATEMENT EXECUTE FUNCTION bursar.refuse_change();

-- The rows that wait for their link. Not append-only: linking empties it. A row that is neither here nor linked was not
-- written by way of the trigger below, and the audit says so.
CREATE TABLE bursar.unlinked_operations (
    id bigint PRIMARY KEY
);

-- With its owner's rights, so that whoever may add to the log needs none on the queue.
CREATE FUNCTION bursar.queue_operation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO bursar.unlinked_operations (id) VALUES (NEW.id);
    RETURN NULL;
END
$$;

-- Nothing may be added to the log between the trigger and the queueing of what is there.
LOCK TABLE bursar.operations IN SHARE ROW EXCLUSIVE MODE;

CREATE TRIGGER operations_queue
    AFTER INSERT ON bursar.operations
    FOR EACH ROW EXECUTE FUNCTION bursar.queue_operation();

INSERT INTO bursar.unlinked_operations (id) SELECT id FROM bursar.operations;

-- Appends a link for each waiting row, at most 10,000 of them, and returns how many. One does so at a time; where
-- another is at it, this one does nothing. The encoding is described in docs/operations.md, and the audit computes it by
-- itself, without this function: nothing in it may change.
CREATE FUNCTION bursar.link_operations() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_row      record;
    v_position bigint;
    v_digest   bytea;
    v_linked   bigint := 0;
BEGIN
    -- The bytes of "bopslog" and a zero byte, read as a big-endian integer.
    IF NOT pg_catalog.pg_try_advisory_xact_lock(7093011579174610688) THEN
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

-- Default privileges may have granted to the API roles by name, which revoking from PUBLIC would not undo.
REVOKE ALL ON TABLE bursar.operation_links, bursar.unlinked_operations FROM PUBLIC;
REVOKE ALL ON FUNCTION bursar.log_operation(jsonb, text, jsonb, text, text, uuid), bursar.queue_operation(),
    bursar.link_operations() FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON TABLE bursar.operation_links, bursar.unlinked_operations FROM %I', v_role);
        EXECUTE pg_catalog.format(
            'REVOKE ALL ON FUNCTION bursar.log_operation(jsonb, text, jsonb, text, text, uuid), bursar.queue_operation(), bursar.link_operations() FROM %I',
            v_role);
    END LOOP;
END
$$;

GRANT SELECT ON bursar.operations, bursar.operation_links, bursar.unlinked_operations TO bursar_auditor, bursar_operator;
GRANT EXECUTE ON FUNCTION bursar.link_operations() TO bursar_support, bursar_operator;
