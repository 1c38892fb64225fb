-- The end of a refund that cannot go on, the gateway's account with each refund, and disputes over more than is left of
-- their payment.

ALTER TABLE bursar.refunds ADD COLUMN gateway_account text, ADD COLUMN gateway_amount bigint;

COMMENT ON COLUMN bursar.refunds.gateway_account IS
    'The gateway''s id of the account that was asked first; null where that is not known.';
COMMENT ON COLUMN bursar.refunds.gateway_amount IS
    'What a dispute took at the gateway, in minor units of the currency, where that was more than was left of the payment.';

-- Of a payment that was refunded before, a dispute takes nothing more here.
-- squawk-ignore ban-drop-constraint -- a wider one takes its place
ALTER TABLE bursar.refunds DROP CONSTRAINT refunds_amount_check;
ALTER TABLE bursar.refunds
    -- squawk-ignore constraint-missing-not-valid -- every row fits the narrower one, and the table is read once
    ADD CONSTRAINT refunds_amount_check CHECK (
        amount <= paid AND (amount > 0 OR amount = 0 AND COALESCE(gateway_amount, 0) > 0)),
    -- squawk-ignore constraint-missing-not-valid -- the column is new
    ADD CONSTRAINT refunds_gateway_amount_check CHECK (
        gateway_amount IS NULL OR gateway_amount > amount AND origin = 'dispute');

-- squawk-ignore ban-drop-function -- the one below takes the same arguments, and one more
DROP FUNCTION bursar.refund_submitting(uuid, integer, jsonb);

-- Says that a refund is about to be submitted, to this account of the gateway, which takes so many seconds at most.
-- Whoever holds the lease says it, and nobody else can at that moment. The first account is kept, and no other one is
-- submitted to: that the second one has none of it says nothing about the first.
CREATE FUNCTION bursar.refund_submitting(
    p_refund uuid, p_seconds integer, p_actor jsonb, p_account text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_account text;
BEGIN
    UPDATE bursar.refunds r
       SET state = 'submitted', attempts = r.attempts + 1, refused = false, error = NULL, actor = p_actor,
           gateway_account = CASE WHEN r.attempts = 0 THEN p_account ELSE r.gateway_account END,
           lease_until = bursar.refund_lease_end(p_seconds), lease_pid = pg_catalog.pg_backend_pid(),
           updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund AND bursar.refund_lease_is_ours(r) AND r.lease_until > pg_catalog.clock_timestamp()
       AND r.state IN ('reserved', 'submitted', 'unknown')
    RETURNING r.gateway_account INTO v_account;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s is no longer ours to submit', p_refund),
            HINT = pg_catalog.format('look how it stands: bursar refund show %s', p_refund);
    ELSIF v_account <> p_account THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('refund %s was submitted to account %s before, and the key belongs to account %s',
                                        p_refund, v_account, p_account),
            HINT = pg_catalog.format('use a key of account %s', v_account);
    END IF;
END
$$;

-- The state machine, in which whatever was not submitted yet may be canceled.
CREATE OR REPLACE FUNCTION bursar.refund_may_become(p_from text, p_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(p_to = ANY (CASE
        WHEN p_from IS NULL THEN ARRAY['requested']
        WHEN p_from = 'requested' THEN ARRAY['awaiting_approval', 'reserved', 'canceled']
        WHEN p_from = 'awaiting_approval' THEN ARRAY['approved', 'rejected']
        WHEN p_from = 'approved' THEN ARRAY['reserved', 'canceled']
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

-- Ends a refund that cannot go on, and gives its units back. The caller holds it, so that nobody submits it at this
-- moment. Whoever may ask for refunds may end one that was never submitted. One that was needs an operator, who says how
-- it was seen that the gateway has none of it: "listed" by the gateway's own list, or "looked" by a person. A gateway may
-- still be at what was submitted a moment ago.
CREATE FUNCTION bursar.refund_cancel(p_refund uuid, p_why text, p_seen text, p_actor jsonb, OUT refund bursar.refunds)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_was       text;
    v_submitted boolean;
BEGIN
    IF COALESCE(p_why !~ '\S', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a cancellation needs a reason';
    ELSIF p_seen NOT IN ('listed', 'looked') THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('%L is no way to see that there is none', p_seen);
    END IF;
    refund := bursar.refund_locked(p_refund);
    v_was := refund.state;
    v_submitted := refund.attempts > 0 OR v_was NOT IN ('requested', 'approved', 'reserved');
    IF v_was = 'awaiting_approval' THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s awaits approval', p_refund),
            HINT = pg_catalog.format('bursar refund reject %s --reason TEXT', p_refund);
    ELSIF v_was IN ('failed', 'canceled', 'rejected') 
       OR v_was = 'succeeded' AND (refund.origin <> 'bursar' OR refund.gateway = 'record-only') THEN
        RAISE SQLSTATE 'BR007' USING MESSAGE = pg_catalog.format('refund %s is %s', p_refund, v_was);
    ELSIF NOT bursar.refund_lease_is_ours(refund)
       OR COALESCE(refund.lease_until <= pg_catalog.clock_timestamp(), true) THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s is %s, and not ours to cancel', p_refund, v_was),
            HINT = pg_catalog.format('look how it stands: bursar refund show %s', p_refund);
    END IF;
    -- What was never submitted was never paid. Of the rest, somebody has to answer for what the gateway shows.
    IF v_submitted THEN
        IF NOT bursar.may_operate() THEN
            RAISE SQLSTATE 'BR004' USING
                MESSAGE = pg_catalog.format('refund %s was submitted, so only an operator may cancel it', p_refund),
                HINT = pg_catalog.format('as a member of bursar_operator: bursar refund cancel %s --reason TEXT', p_refund);
        ELSIF p_seen IS NULL THEN
            RAISE SQLSTATE 'BR004' USING
                MESSAGE = pg_catalog.format('refund %s was submitted, and nobody looked whether %s has it', p_refund, refund.gateway);
        ELSIF v_was IN ('submitted', 'unknown') AND NOT refund.refused
          AND refund.updated_at > pg_catalog.clock_timestamp() - pg_catalog.make_interval(mins => 2) THEN
            RAISE SQLSTATE 'BR007' USING
                MESSAGE = pg_catalog.format('refund %s was submitted less than 2 minutes ago, and may still be on its way', p_refund),
                HINT = pg_catalog.format('later: bursar refund cancel %s --reason TEXT', p_refund);
        END IF;
    END IF;
    IF refund.entry IS NOT NULL AND refund.reversal IS NULL THEN
        refund.reversal := bursar.give_units_back(refund.entry, p_refund);
    END IF;
    UPDATE bursar.refunds r
       SET state = 'canceled', error = p_why, reversal = refund.reversal, refused = false, lease_until = NULL,
           lease_pid = NULL, lease_digest = NULL, actor = p_actor, updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund RETURNING r.* INTO refund;
    IF v_was = 'succeeded' THEN
        PERFORM bursar.refund_settle(refund.payment, refund.paid);
    END IF;
    PERFORM bursar.log_operation(
        p_actor, 'refund cancel',
        pg_catalog.jsonb_build_object(
            'refund', refund.id, 'payment', refund.payment, 'amount', refund.amount::text, 'currency', refund.currency,
            'unit', refund.unit, 'units_taken', refund.units_taken::text, 'entry', refund.entry, 'reversal', refund.reversal,
            'gateway', refund.gateway, 'gateway_ref', refund.gateway_ref, 'was', v_was, 'attempts', refund.attempts),
        pg_catalog.concat_ws('; ', p_why, CASE WHEN v_submitted THEN
            CASE p_seen WHEN 'listed' THEN pg_catalog.format('%s lists no such refund', refund.gateway)
                        ELSE pg_catalog.format('an operator looked at %s and found no such refund', refund.gateway) END END),
        refund.state, refund.operation_id);
END
$$;

-- squawk-ignore ban-drop-function -- it takes amounts in whatever currency for the payment's own
DROP FUNCTION bursar.refund_import(text, bigint, text, text, text, text, text, text, jsonb);

-- Brings in a refund or a lost dispute that was made without bursar, as it stands at the gateway. What the application has
-- taken back by itself is found; what is there of the rest is taken, and what was spent is written off, because the money
-- is gone. A dispute may take more than is left of its payment, as one with a fee or one of a payment that was refunded:
-- it is brought in with what is left, and the gateway's amount beside it.
CREATE FUNCTION bursar.refund_import(
    p_payment     text,
    p_amount      bigint,
    p_currency    text,
    p_gateway     text,
    p_gateway_ref text,
    p_state       text,
    p_origin      text,
    p_reason      text,
    p_note        text,
    p_actor       jsonb,
    OUT existing  boolean,
    OUT refund    bursar.refunds
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_terms bursar.refund_terms;
    v_more  bigint;
BEGIN
    IF COALESCE(p_state NOT IN ('succeeded', 'pending', 'requires_action'), true) OR p_gateway_ref IS NULL THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'only what the gateway has under an id, and has not failed, can be brought in';
    ELSIF p_amount <= 0 THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'what is brought in is of more than nothing';
    END IF;
    v_terms := bursar.refund_terms(p_payment, p_amount, 'cap', true, true);
    IF v_terms.problem = 'BR002' THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = v_terms.message;
    END IF;
    existing := true;
    SELECT r.* INTO refund FROM bursar.refunds r WHERE r.gateway_ref = p_gateway_ref;
    IF FOUND THEN
        RETURN;
    END IF;
    IF v_terms.currency IS DISTINCT FROM p_currency THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('%s has %s over %s, and payment %s is in %s', p_gateway, p_gateway_ref,
                                        bursar.money(p_amount, p_currency), v_terms.payment, v_terms.currency),
            HINT = 'compare the payment with the gateway by hand';
    END IF;
    IF v_terms.latest_state NOT IN ('succeeded', 'failed', 'canceled', 'rejected') THEN
        RAISE SQLSTATE 'BR007' USING MESSAGE = v_terms.message, HINT = v_terms.hint;
    END IF;
    IF v_terms.remaining < 0 AND p_origin = 'dispute' THEN
        v_more := p_amount;
        v_terms := bursar.refund_terms(p_payment, GREATEST(v_terms.paid - v_terms.refunded_before, 0), 'cap', true, false);
    END IF;
    IF v_more IS NULL AND (v_terms.remaining < 0 OR v_terms.amount <= 0) THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('%s has %s over %s, and of payment %s only %s are left to refund', p_gateway,
                                        p_gateway_ref, bursar.money(p_amount, v_terms.currency), v_terms.payment,
                                        bursar.money(v_terms.paid - v_terms.refunded_before, v_terms.currency)),
            HINT = 'compare the payment with the gateway by hand';
    END IF;
    existing := false;
    INSERT INTO bursar.refunds
        (payment, account, customer, paid, amount, gateway_amount, currency, unit, if_spent, reason, note, origin, gateway,
         gateway_payment, gateway_ref, request_hash, actor)
    VALUES
        (v_terms.payment, v_terms.account, v_terms.customer, v_terms.paid, v_terms.amount, v_more, v_terms.currency,
         v_terms.unit, 'cap', p_reason, p_note, p_origin, p_gateway, v_terms.gateway_payment, p_gateway_ref, '\x', p_actor)
    RETURNING * INTO refund;
    PERFORM bursar.refund_reserve(refund.id, v_terms);
    UPDATE bursar.refunds r SET state = 'submitted' WHERE r.id = refund.id;
    UPDATE bursar.refunds r SET state = p_state, lease_until = NULL, lease_pid = NULL, lease_digest = NULL
     WHERE r.id = refund.id RETURNING r.* INTO refund;
    IF p_state = 'succeeded' THEN
        PERFORM bursar.refund_settle(refund.payment, refund.paid);
    END IF;
    PERFORM bursar.refund_log(refund, 'refund sync');
END
$$;

SELECT bursar.close_to_strangers();

GRANT EXECUTE ON FUNCTION
    bursar.refund_submitting(uuid, integer, jsonb, text), bursar.refund_cancel(uuid, text, text, jsonb)
    TO bursar_support, bursar_operator;
GRANT EXECUTE ON FUNCTION
    bursar.refund_import(text, bigint, text, text, text, text, text, text, text, jsonb)
    TO bursar_operator;
