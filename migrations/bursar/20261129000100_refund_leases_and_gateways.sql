-- Who may hold a refund, and for how long; which gateways there are; and the end of a refund that was never submitted.
--
-- A lease ends after a quarter of an hour at most, and with the server process that took it. A client behind a
-- transaction pooler has another process for each transaction, so it is known by a secret that it makes up and sets for
-- each of its transactions as bursar.lease_secret. Only the digest of the secret is kept: whoever reads it cannot claim
-- to be that client, and no other value stands for a process. The process that took such a lease goes back to the pool
-- and lives on. Where it ended all the same while a submission was under way, the lease runs until its time is over,
-- because a second submission might pay twice.

ALTER TABLE bursar.refunds ADD COLUMN lease_digest bytea;

COMMENT ON COLUMN bursar.refunds.lease_pid IS 'The server process that took the lease.';
COMMENT ON COLUMN bursar.refunds.lease_digest IS
    'SHA-256 of the secret of a client behind a transaction pooler; null for a client with a server process of its own.';

-- The digest of the caller's secret, null where the caller has a server process of its own.
CREATE FUNCTION bursar.refund_lease_digest() RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_secret text := COALESCE(pg_catalog.current_setting('bursar.lease_secret', true), '');
BEGIN
    IF v_secret = '' THEN
        RETURN NULL;
    ELSIF pg_catalog.length(v_secret) < 32 THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'bursar.lease_secret is shorter than 32 characters';
    END IF;
    RETURN pg_catalog.sha256(pg_catalog.convert_to(v_secret, 'UTF8'));
END
$$;

-- Whether the caller took this lease.
CREATE FUNCTION bursar.refund_lease_is_ours(p_refund bursar.refunds) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_refund.lease_digest IS NOT DISTINCT FROM bursar.refund_lease_digest()
       AND (p_refund.lease_digest IS NOT NULL
            OR COALESCE(p_refund.lease_pid = pg_catalog.pg_backend_pid(), false))
$$;

-- Whether somebody holds this refund at this moment.
CREATE FUNCTION bursar.refund_lease_stands(p_refund bursar.refunds) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(p_refund.lease_until > pg_catalog.clock_timestamp(), false)
       AND (p_refund.lease_digest IS NOT NULL AND p_refund.state = 'submitted'
            OR EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
                        WHERE a.pid = p_refund.lease_pid AND a.datname = pg_catalog.current_database()))
$$;

-- The end of a lease that begins now.
CREATE FUNCTION bursar.refund_lease_end(p_seconds integer) RETURNS timestamptz
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => LEAST(GREATEST(p_seconds, 1), 900))
$$;

CREATE OR REPLACE FUNCTION bursar.refund_claim(p_refund uuid, p_seconds integer) RETURNS SETOF bursar.refunds
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE bursar.refunds r
       SET lease_until = bursar.refund_lease_end(p_seconds), lease_pid = pg_catalog.pg_backend_pid(),
           lease_digest = bursar.refund_lease_digest()
     WHERE r.id = p_refund AND (NOT bursar.refund_lease_stands(r) OR bursar.refund_lease_is_ours(r))
    RETURNING r.*
$$;

CREATE OR REPLACE FUNCTION bursar.refund_release(p_refund uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE bursar.refunds r SET lease_until = NULL, lease_pid = NULL, lease_digest = NULL
     WHERE r.id = p_refund AND bursar.refund_lease_is_ours(r)
$$;

CREATE OR REPLACE FUNCTION bursar.refund_submitting(p_refund uuid, p_seconds integer, p_actor jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE bursar.refunds r
       SET state = 'submitted', attempts = r.attempts + 1, refused = false, error = NULL, actor = p_actor,
           lease_until = bursar.refund_lease_end(p_seconds), lease_pid = pg_catalog.pg_backend_pid(),
           updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund AND bursar.refund_lease_is_ours(r) AND r.lease_until > pg_catalog.clock_timestamp()
       AND r.state IN ('reserved', 'submitted', 'unknown');
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s is no longer ours to submit', p_refund),
            HINT = pg_catalog.format('look how it stands: bursar refund show %s', p_refund);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION bursar.refund_reserve(p_refund uuid, p_terms bursar.refund_terms) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
           lease_until = bursar.refund_lease_end(60), lease_pid = pg_catalog.pg_backend_pid(),
           lease_digest = bursar.refund_lease_digest(), updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund
    RETURNING r.gateway INTO v_gateway;
    IF v_gateway = 'record-only' THEN
        UPDATE bursar.refunds r SET state = 'submitted', attempts = 1 WHERE r.id = p_refund;
        UPDATE bursar.refunds r
           SET state = 'succeeded', lease_until = NULL, lease_pid = NULL, lease_digest = NULL,
               updated_at = pg_catalog.clock_timestamp()
         WHERE r.id = p_refund;
        PERFORM bursar.refund_settle(p_terms.payment, p_terms.paid);
    END IF;
END
$$;

-- squawk-ignore ban-drop-function -- only functions that are replaced here call it
DROP FUNCTION bursar.refund_lease_holder();

-- The gateways that this bursar can ask. A refund through another one could neither be submitted nor end, and would keep
-- the units for ever.
CREATE FUNCTION bursar.gateway_is_known(p_gateway text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(p_gateway IN ('stripe', 'paypal', 'record-only'), false)
$$;

-- Whoever adds a refund, and by whichever function.
CREATE FUNCTION bursar.refunds_know_their_gateway() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT bursar.gateway_is_known(NEW.gateway) THEN
        RAISE SQLSTATE 'BR002' USING
            MESSAGE = pg_catalog.format('there is no gateway %s', COALESCE(pg_catalog.quote_literal(NEW.gateway), 'null')),
            HINT = 'the gateways are stripe, paypal and record-only';
    ELSIF NEW.gateway = 'record-only' AND NEW.origin <> 'bursar' THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'record-only holds no refund that could be brought in';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER refunds_know_their_gateway
    BEFORE INSERT ON bursar.refunds
    FOR EACH ROW EXECUTE FUNCTION bursar.refunds_know_their_gateway();

-- What was done before counts for a limit and for what is left. A transaction that keeps an old snapshot does not see
-- all of it, also where it holds the lock.
CREATE FUNCTION bursar.refuse_old_snapshot() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_catalog.current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('%I.%I takes no row from a transaction that is %s', TG_TABLE_SCHEMA, TG_TABLE_NAME,
                                        pg_catalog.upper(pg_catalog.current_setting('transaction_isolation'))),
            HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER refunds_see_what_is_there
    BEFORE INSERT ON bursar.refunds
    FOR EACH ROW EXECUTE FUNCTION bursar.refuse_old_snapshot();

-- Two requests under one key meet at the key's unique index, where the second waits for the first to commit. No lock is
-- involved that another login could hold.
CREATE OR REPLACE FUNCTION bursar.refund_request(
    p_payment     text,
    p_amount      bigint,
    p_if_spent    text,
    p_reason      text,
    p_note        text,
    p_gateway     text,
    p_gateway_ref text,
    p_key         text,
    p_again       boolean,
    p_expected    jsonb,
    p_actor       jsonb,
    OUT existing  boolean,
    OUT refund    bursar.refunds
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_terms bursar.refund_terms;
    v_hash  bytea;
BEGIN
    IF p_amount <= 0 THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a refund is of more than nothing';
    END IF;
    v_terms := bursar.refund_terms(p_payment, p_amount, p_if_spent, p_again, true);
    IF v_terms.problem = 'BR002' THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = v_terms.message;
    END IF;
    -- Money goes back the way that it came.
    IF p_gateway <> 'record-only' AND p_gateway <> v_terms.provider
       AND bursar.gateway_is_known(p_gateway) AND bursar.gateway_is_known(v_terms.provider) THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('payment %s came through %s, so %s cannot pay it back', v_terms.payment,
                                        v_terms.provider, p_gateway);
    END IF;

    v_hash := pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.jsonb_build_array(
        v_terms.payment, p_amount, p_if_spent, p_reason, p_note, p_gateway, p_gateway_ref)::text, 'UTF8'));

    existing := true;
    SELECT r.* INTO refund FROM bursar.refunds r WHERE r.idempotency_key = p_key;
    IF NOT FOUND THEN
        IF (p_amount IS NULL OR p_amount = v_terms.paid) AND v_terms.refunded_before >= v_terms.paid THEN
            SELECT r.* INTO STRICT refund FROM bursar.refunds r WHERE r.id = v_terms.latest;
            RETURN;
        END IF;
        PERFORM bursar.refund_hold_to(v_terms, p_expected);
        SELECT r.* INTO refund FROM bursar.refunds r WHERE r.gateway_ref = p_gateway_ref;
        IF FOUND THEN
            RAISE SQLSTATE 'BR007' USING
                MESSAGE = pg_catalog.format('%s is refund %s, of payment %s', p_gateway_ref, refund.id, refund.payment),
                HINT = pg_catalog.format('look at it: bursar refund show %s', refund.id);
        END IF;
        INSERT INTO bursar.refunds
            (payment, account, customer, paid, amount, currency, unit, if_spent, reason, note, gateway, gateway_payment,
             gateway_ref, idempotency_key, request_hash, actor)
        VALUES
            (v_terms.payment, v_terms.account, v_terms.customer, v_terms.paid, v_terms.amount, v_terms.currency,
             v_terms.unit, p_if_spent, p_reason, p_note, p_gateway, v_terms.gateway_payment, p_gateway_ref, p_key, v_hash,
             p_actor)
        ON CONFLICT (idempotency_key) DO NOTHING
        RETURNING * INTO refund;
        existing := NOT FOUND;
    END IF;
    IF existing THEN
        SELECT r.* INTO STRICT refund FROM bursar.refunds r WHERE r.idempotency_key = p_key;
        IF refund.request_hash <> v_hash THEN
            RAISE SQLSTATE 'BR007' USING
                MESSAGE = pg_catalog.format('the idempotency key was used for another request, refund %s of payment %s',
                                            refund.id, refund.payment),
                HINT = pg_catalog.format('look at it: bursar refund show %s', refund.id);
        END IF;
        RETURN;
    END IF;

    IF v_terms.needs_approval THEN
        UPDATE bursar.refunds r SET state = 'awaiting_approval' WHERE r.id = refund.id;
    ELSE
        PERFORM bursar.refund_reserve(refund.id, v_terms);
    END IF;
    SELECT r.* INTO STRICT refund FROM bursar.refunds r WHERE r.id = refund.id;
    PERFORM bursar.refund_log(refund, 'refund create');
END
$$;

-- The state machine, in which a refund that was never submitted may be canceled.
CREATE OR REPLACE FUNCTION bursar.refund_may_become(p_from text, p_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(p_to = ANY (CASE
        WHEN p_from IS NULL THEN ARRAY['requested']
        WHEN p_from = 'requested' THEN ARRAY['awaiting_approval', 'reserved']
        WHEN p_from = 'awaiting_approval' THEN ARRAY['approved', 'rejected']
        WHEN p_from = 'approved' THEN ARRAY['reserved']
        WHEN p_from = 'reserved' THEN ARRAY['submitted', 'canceled']
        WHEN p_from = 'submitted' THEN
            ARRAY['pending', 'requires_action', 'unknown', 'succeeded', 'failed', 'canceled']
        WHEN p_from = 'unknown' THEN
            ARRAY['submitted', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled']
        WHEN p_from IN ('pending', 'requires_action') THEN
            ARRAY['pending', 'requires_action', 'succeeded', 'failed', 'canceled']
        WHEN p_from = 'succeeded' THEN ARRAY['failed', 'canceled']
        WHEN p_from IN ('failed', 'canceled') THEN ARRAY['succeeded']
    END), false)
$$;

-- Ends a refund that was never submitted, and gives its units back. The caller holds it, so that nobody submits it at
-- this moment. Support may call this: no answer of a gateway is claimed, and the account has what it had before.
CREATE FUNCTION bursar.refund_withdraw(p_refund uuid, p_why text, p_actor jsonb, OUT refund bursar.refunds)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    refund := bursar.refund_locked(p_refund);
    IF refund.state <> 'reserved' OR refund.attempts > 0 OR NOT bursar.refund_lease_is_ours(refund)
       OR COALESCE(refund.lease_until <= pg_catalog.clock_timestamp(), true) THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s is %s, and not ours to withdraw', p_refund, refund.state),
            HINT = pg_catalog.format('look how it stands: bursar refund show %s', p_refund);
    END IF;
    IF refund.entry IS NOT NULL THEN
        refund.reversal := bursar.give_units_back(refund.entry, p_refund);
    END IF;
    UPDATE bursar.refunds r
       SET state = 'canceled', error = p_why, reversal = refund.reversal, lease_until = NULL, lease_pid = NULL,
           lease_digest = NULL, actor = p_actor, updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund RETURNING r.* INTO refund;
    PERFORM bursar.refund_log(refund, 'refund withdraw');
END
$$;

REVOKE ALL ON FUNCTION
    bursar.refund_lease_digest(), bursar.refund_lease_is_ours(bursar.refunds),
    bursar.refund_lease_stands(bursar.refunds), bursar.refund_lease_end(integer), bursar.gateway_is_known(text),
    bursar.refunds_know_their_gateway(), bursar.refuse_old_snapshot(), bursar.refund_withdraw(uuid, text, jsonb)
    FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM %I', v_role);
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION bursar.refund_lease_stands(bursar.refunds) TO bursar_support, bursar_operator;
GRANT EXECUTE ON FUNCTION bursar.refund_withdraw(uuid, text, jsonb) TO bursar_support, bursar_operator;
