-- Refunds through a transaction pooler. There, a client has a server process for one transaction only, and the process
-- lives on when the client is gone, so its number says nothing about who talks to the gateway. Such a client names itself
-- by a number below zero, which it sets for each of its transactions as bursar.lease_holder; its lease ends with its time
-- only. Whoever has a process of its own is still known by that one, and its lease ends with the process too.

COMMENT ON COLUMN bursar.refunds.lease_pid IS
    'The server process that talks to the gateway; below zero a client behind a transaction pooler, which chose the number.';

CREATE FUNCTION bursar.refund_lease_holder() RETURNS integer
LANGUAGE sql STABLE SET search_path = '' AS $$
    -- A number of a process cannot be claimed by writing it down.
    SELECT CASE COALESCE(pg_catalog.current_setting('bursar.lease_holder', true), '')
               WHEN '' THEN pg_catalog.pg_backend_pid()
               ELSE LEAST(pg_catalog.current_setting('bursar.lease_holder')::integer, -1)
           END
$$;

-- Takes the units and makes the refund ready to be submitted, by the caller, who has a minute to begin. A record-only
-- refund has nowhere to be submitted to: the money was moved already, so it is done here.
CREATE OR REPLACE FUNCTION bursar.refund_reserve(p_refund uuid, p_terms bursar.refund_terms) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_entry   text;
    v_gateway text;
BEGIN
    IF p_terms.units_taken > p_terms.units_found THEN
        v_entry := bursar.take_units(p_terms.payment, p_terms.units_taken - p_terms.units_found, p_refund);
    END IF;
    UPDATE bursar.refunds r
       SET state = 'reserved', entry = v_entry, units_taken = p_terms.units_taken, units_found = p_terms.units_found,
           units_written_off = p_terms.units_written_off,
           lease_until = pg_catalog.clock_timestamp() + pg_catalog.make_interval(mins => 1),
           lease_pid = bursar.refund_lease_holder(), updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund
    RETURNING r.gateway INTO v_gateway;
    IF v_gateway = 'record-only' THEN
        UPDATE bursar.refunds r SET state = 'submitted', attempts = 1 WHERE r.id = p_refund;
        UPDATE bursar.refunds r
           SET state = 'succeeded', lease_until = NULL, lease_pid = NULL, updated_at = pg_catalog.clock_timestamp()
         WHERE r.id = p_refund;
        PERFORM bursar.refund_settle(p_terms.payment, p_terms.paid);
    END IF;
END
$$;

-- Makes the caller the one who talks to the gateway about a refund, for so many seconds at most. Returns nothing where
-- somebody else is at it; a server process that has ended is nobody, and of a client behind a
-- pooler that cannot be told.
CREATE OR REPLACE FUNCTION bursar.refund_claim(p_refund uuid, p_seconds integer) RETURNS SETOF bursar.refunds
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    UPDATE bursar.refunds r
       SET lease_until = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => LEAST(p_seconds, 7200)),
           lease_pid = bursar.refund_lease_holder()
     WHERE r.id = p_refund
       AND (COALESCE(r.lease_until <= pg_catalog.clock_timestamp(), true)
            OR r.lease_pid = bursar.refund_lease_holder()
            OR r.lease_pid >= 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid = r.lease_pid))
    RETURNING r.*
$$;

-- Ends the caller's claim on a refund about which there is nothing new.
CREATE OR REPLACE FUNCTION bursar.refund_release(p_refund uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    UPDATE bursar.refunds r SET lease_until = NULL, lease_pid = NULL
     WHERE r.id = p_refund AND r.lease_pid = bursar.refund_lease_holder()
$$;

-- Says that a refund is about to be submitted, which takes so many seconds at most. Whoever holds the lease says it, and
-- nobody else can at that moment.
CREATE OR REPLACE FUNCTION bursar.refund_submitting(p_refund uuid, p_seconds integer, p_actor jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE bursar.refunds r
       SET state = 'submitted', attempts = r.attempts + 1, refused = false, error = NULL, actor = p_actor,
           lease_until = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => LEAST(p_seconds, 7200)),
           updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund AND r.lease_pid = bursar.refund_lease_holder() AND r.lease_until > pg_catalog.clock_timestamp()
       AND r.state IN ('reserved', 'submitted', 'unknown');
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s is no longer ours to submit', p_refund),
            HINT = pg_catalog.format('look how it stands: bursar refund show %s', p_refund);
    END IF;
END
$$;

-- Only the functions above call it, as their owner.
REVOKE ALL ON FUNCTION bursar.refund_lease_holder() FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON FUNCTION bursar.refund_lease_holder() FROM %I', v_role);
    END LOOP;
END
$$;
