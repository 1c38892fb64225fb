-- What a refund comes to that was certainly not sent, disputes that are lost a second time, the decision of an import
-- before it is made, and gateway objects that never will fit.

-- The state machine, in which a submission that was certainly not sent leaves the refund reserved.
CREATE OR REPLACE FUNCTION bursar.refund_may_become(p_from text, p_to text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(p_to = ANY (CASE
        WHEN p_from IS NULL THEN ARRAY['requested']
        WHEN p_from = 'requested' THEN ARRAY['awaiting_approval', 'reserved', 'canceled']
        WHEN p_from = 'awaiting_approval' THEN ARRAY['approved', 'rejected']
        WHEN p_from = 'approved' THEN ARRAY['reserved', 'canceled']
        WHEN p_from = 'reserved' THEN ARRAY['submitted', 'canceled']
        WHEN p_from = 'submitted' THEN
            ARRAY['reserved', 'pending', 'requires_action', 'unknown', 'succeeded', 'failed', 'canceled']
        WHEN p_from = 'unknown' THEN
            ARRAY['submitted', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled']
        WHEN p_from IN ('pending', 'requires_action') THEN
            ARRAY['pending', 'requires_action', 'succeeded', 'failed', 'canceled']
        WHEN p_from = 'succeeded' THEN ARRAY['failed', 'canceled']
        WHEN p_from IN ('failed', 'canceled') THEN ARRAY['succeeded']
    END), false)
$$;

-- Says that a refund is about to be submitted, to this account of the gateway, which takes so many seconds at most.
-- Whoever holds the lease says it, and nobody else can at that moment. The account of the first submission that may have
-- been made is kept, and no other one is submitted to, nor one that nobody knows: that another account has none of it
-- says nothing about the first.
CREATE OR REPLACE FUNCTION bursar.refund_submitting(
    p_refund uuid, p_seconds integer, p_actor jsonb, p_account text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_account text;
BEGIN
    UPDATE bursar.refunds r
       SET state = 'submitted', attempts = r.attempts + 1, refused = false, error = NULL, actor = p_actor,
           -- A reserved refund was never sent, however often that was tried.
           gateway_account = CASE WHEN r.attempts = 0 OR r.state = 'reserved' THEN p_account ELSE r.gateway_account END,
           lease_until = bursar.refund_lease_end(p_seconds), lease_pid = pg_catalog.pg_backend_pid(),
           updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund AND bursar.refund_lease_is_ours(r) AND r.lease_until > pg_catalog.clock_timestamp()
       AND r.state IN ('reserved', 'submitted', 'unknown')
    RETURNING r.gateway_account INTO v_account;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s is no longer ours to submit', p_refund),
            HINT = pg_catalog.format('look how it stands: bursar refund show %s', p_refund);
    ELSIF v_account IS NOT NULL AND v_account IS DISTINCT FROM p_account THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('refund %s was submitted to account %s before, and %s', p_refund, v_account,
                                        COALESCE('the key belongs to account ' || p_account,
                                                 'the account of the key is not known')),
            HINT = pg_catalog.format('use a key of account %s', v_account);
    END IF;
END
$$;

-- Records what the gateway said: succeeded, pending, requires_action, failed, canceled or unknown; refused, where it made
-- no refund at all; and not_sent, where it certainly was not asked. Units are given back only for a login that may
-- operate: anybody else could say "failed" after the gateway has paid. For them a refund that was refused waits, marked
-- so. One that was not sent is reserved again, with its units taken, and can be submitted by whoever may ask for refunds;
-- it counts as submitted for whoever would give its units back.
CREATE OR REPLACE FUNCTION bursar.refund_answered(
    p_refund uuid, p_answer text, p_gateway_ref text, p_why text, p_actor jsonb, OUT refund bursar.refunds
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_was   text;
    v_state text := CASE p_answer WHEN 'refused' THEN 'failed' WHEN 'not_sent' THEN 'reserved' ELSE p_answer END;
    v_terms bursar.refund_terms;
    v_whole bigint;
BEGIN
    IF p_answer NOT IN ('succeeded', 'pending', 'requires_action', 'failed', 'canceled', 'unknown', 'refused', 'not_sent') THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('%L is no answer of a gateway', p_answer);
    END IF;
    refund := bursar.refund_locked(p_refund);
    v_was := refund.state;
    -- That a submission was not sent says nothing of one before it. None was before it where each began at reserved.
    IF v_state = 'reserved'
       AND (v_was <> 'submitted'
            OR refund.attempts <> (SELECT pg_catalog.count(*) FROM bursar.refund_transitions t
                                    WHERE t.refund = p_refund AND t.from_state = 'reserved' AND t.to_state = 'submitted')) THEN
        v_state := 'unknown';
    END IF;
    -- A later answer to an earlier question changes nothing that is known by now.
    IF v_was = v_state OR (v_state = 'unknown' AND v_was <> 'submitted')
       OR (v_state IN ('failed', 'canceled') AND v_was IN ('failed', 'canceled')) THEN
        UPDATE bursar.refunds r
           SET lease_until = NULL, lease_pid = NULL, lease_digest = NULL,
               gateway_ref = COALESCE(r.gateway_ref, p_gateway_ref)
         WHERE r.id = p_refund RETURNING r.* INTO refund;
        RETURN;
    END IF;
    IF v_state IN ('failed', 'canceled') AND NOT bursar.may_operate() THEN
        IF v_was = 'succeeded' THEN
            RAISE SQLSTATE 'BR004' USING
                MESSAGE = pg_catalog.format('the gateway says that refund %s, which succeeded, is %s now; an operator has to confirm it',
                                            p_refund, v_state),
                HINT = 'as a member of bursar_operator: bursar refund resume --recheck DAYS';
        END IF;
        UPDATE bursar.refunds r
           SET refused = true, error = p_why, gateway_ref = COALESCE(p_gateway_ref, r.gateway_ref), actor = p_actor,
               lease_until = NULL, lease_pid = NULL, lease_digest = NULL, updated_at = pg_catalog.clock_timestamp()
         WHERE r.id = p_refund RETURNING r.* INTO refund;
        RETURN;
    END IF;

    IF v_state IN ('failed', 'canceled') AND refund.entry IS NOT NULL AND refund.reversal IS NULL THEN
        refund.reversal := bursar.give_units_back(refund.entry, p_refund);
    ELSIF v_state = 'succeeded' AND v_was IN ('failed', 'canceled') THEN
        -- The units were given back, and the money went all the same: what is there is taken again.
        v_terms := bursar.refund_terms(refund.payment, refund.amount, 'cap', true, false);
        -- A dispute takes no more here than what is left of its payment, as when it is brought in. What it took at the
        -- gateway is kept beside that.
        IF refund.origin = 'dispute' THEN
            IF v_terms.latest_state NOT IN ('succeeded', 'failed', 'canceled', 'rejected') THEN
                RAISE SQLSTATE 'BR007' USING MESSAGE = v_terms.message, HINT = v_terms.hint;
            END IF;
            v_whole := COALESCE(refund.gateway_amount, refund.amount);
            refund.amount := LEAST(v_whole, GREATEST(refund.paid - v_terms.refunded_before, 0));
            refund.gateway_amount := CASE WHEN v_whole > refund.amount THEN v_whole END;
            v_terms := bursar.refund_terms(refund.payment, refund.amount, 'cap', true, false);
        END IF;
        refund.entry := CASE WHEN v_terms.units_taken > v_terms.units_found THEN
            bursar.take_units(refund.payment, v_terms.units_taken - v_terms.units_found, p_refund) END;
        refund.reversal := NULL;
        refund.units_taken := v_terms.units_taken;
        refund.units_found := v_terms.units_found;
        refund.units_written_off := v_terms.units_written_off;
    END IF;
    UPDATE bursar.refunds r
       SET state = v_state, gateway_ref = COALESCE(p_gateway_ref, r.gateway_ref), error = p_why, refused = false,
           amount = refund.amount, gateway_amount = refund.gateway_amount,
           gateway_account = CASE v_state WHEN 'reserved' THEN NULL ELSE r.gateway_account END,
           entry = refund.entry, reversal = refund.reversal, units_taken = refund.units_taken,
           units_found = refund.units_found, units_written_off = refund.units_written_off,
           lease_until = NULL, lease_pid = NULL, lease_digest = NULL, actor = p_actor,
           updated_at = pg_catalog.clock_timestamp()
     WHERE r.id = p_refund RETURNING r.* INTO refund;
    IF 'succeeded' IN (v_state, v_was) THEN
        PERFORM bursar.refund_settle(refund.payment, refund.paid);
    END IF;
    PERFORM bursar.refund_log(refund, 'refund answer');
END
$$;

-- Refuses the end of a refund that was, or may have been, submitted, as long as nobody answers for what the gateway shows,
-- or it may still be on its way. What was never submitted was never paid.
CREATE FUNCTION bursar.refund_cancel_fits(p_refund bursar.refunds, p_seen text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_refund.attempts = 0 AND p_refund.state IN ('requested', 'approved', 'reserved') THEN
        RETURN;
    ELSIF NOT bursar.may_operate() THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('the submission of refund %s was begun, so only an operator may cancel it', p_refund.id),
            HINT = pg_catalog.format('as a member of bursar_operator: bursar refund cancel %s --reason TEXT', p_refund.id);
    ELSIF p_seen IS NULL THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format('the submission of refund %s was begun, and nobody looked whether %s has it',
                                        p_refund.id, p_refund.gateway);
    ELSIF p_refund.state IN ('submitted', 'unknown') AND NOT p_refund.refused
      AND p_refund.updated_at > pg_catalog.clock_timestamp() - pg_catalog.make_interval(mins => 2) THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s was submitted less than 2 minutes ago, and may still be on its way', p_refund.id),
            HINT = pg_catalog.format('later: bursar refund cancel %s --reason TEXT', p_refund.id);
    END IF;
END
$$;

-- The same decision for a preview, which locks and writes nothing.
CREATE FUNCTION bursar.refund_cancel_check(p_refund uuid, p_seen text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_refund bursar.refunds;
BEGIN
    SELECT r.* INTO v_refund FROM bursar.refunds r WHERE r.id = p_refund;
    PERFORM bursar.refund_cancel_fits(v_refund, p_seen);
END
$$;

-- Cancels a refund that cannot go on, and gives its units back. Whoever holds its lease may, and an operator has to where
-- its submission was begun.
CREATE OR REPLACE FUNCTION bursar.refund_cancel(p_refund uuid, p_why text, p_seen text, p_actor jsonb, OUT refund bursar.refunds)
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
    PERFORM bursar.refund_cancel_fits(refund, p_seen);
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

-- Refuses what does not fit the payment. What would be brought in before it, in minor units, and whether one of these
-- would be open, is for a preview of several.
CREATE FUNCTION bursar.refund_import_fits(
    p_terms bursar.refund_terms, p_amount bigint, p_currency text, p_gateway text, p_gateway_ref text, p_origin text,
    p_before bigint, p_open boolean
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_left bigint := p_terms.paid - p_terms.refunded_before - p_before;
BEGIN
    IF p_terms.currency IS DISTINCT FROM p_currency THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('%s has %s over %s, and payment %s is in %s', p_gateway, p_gateway_ref,
                                        bursar.money(p_amount, p_currency), p_terms.payment, p_terms.currency),
            HINT = 'compare the payment with the gateway by hand';
    ELSIF p_terms.latest_state NOT IN ('succeeded', 'failed', 'canceled', 'rejected') THEN
        RAISE SQLSTATE 'BR007' USING MESSAGE = p_terms.message, HINT = p_terms.hint;
    ELSIF p_open THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('another refund of payment %s would be open by then', p_terms.payment);
    ELSIF p_origin <> 'dispute' AND p_amount > v_left THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('%s has %s over %s, and of payment %s only %s are left to refund', p_gateway,
                                        p_gateway_ref, bursar.money(p_amount, p_terms.currency), p_terms.payment,
                                        bursar.money(v_left, p_terms.currency)),
            HINT = 'compare the payment with the gateway by hand';
    END IF;
END
$$;

-- Says whether a refund or a lost dispute could be brought in, or a dispute that was undone be lost again. It locks and
-- writes nothing.
CREATE FUNCTION bursar.refund_import_check(
    p_payment text, p_amount bigint, p_currency text, p_gateway text, p_gateway_ref text, p_origin text,
    p_before bigint, p_open boolean
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_terms bursar.refund_terms := bursar.refund_terms(p_payment, p_amount, 'cap', true, false);
BEGIN
    IF v_terms.problem = 'BR002' THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = v_terms.message;
    END IF;
    PERFORM bursar.refund_import_fits(v_terms, p_amount, p_currency, p_gateway, p_gateway_ref, p_origin, p_before, p_open);
END
$$;

-- Brings in a refund or a lost dispute that was made without bursar, as it stands at the gateway. What the application has
-- taken back by itself is found; what is there of the rest is taken, and what was spent is written off, because the money
-- is gone. A dispute may take more than is left of its payment, as one with a fee or one of a payment that was refunded:
-- it is brought in with what is left, and the gateway's amount beside it.
CREATE OR REPLACE FUNCTION bursar.refund_import(
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
    ELSIF COALESCE(p_amount <= 0, true) THEN
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
    PERFORM bursar.refund_import_fits(v_terms, p_amount, p_currency, p_gateway, p_gateway_ref, p_origin, 0, false);
    IF v_terms.remaining < 0 THEN
        v_more := p_amount;
        v_terms := bursar.refund_terms(p_payment, GREATEST(v_terms.paid - v_terms.refunded_before, 0), 'cap', true, false);
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

-- The terms of a payment, with what its login may do. A refund that is approved was asked for by another login, whose
-- limit it does not touch.
CREATE OR REPLACE FUNCTION bursar.refund_terms(
    p_payment text, p_amount bigint, p_if_spent text, p_again boolean, p_lock boolean, p_except uuid DEFAULT NULL
) RETURNS bursar.refund_terms
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v bursar.refund_terms;
BEGIN
    v := bursar.refund_terms_of_payment(p_payment, p_amount, p_if_spent, p_again, p_lock, p_except);
    IF p_except IS NULL AND v.problem IS NULL AND NOT v.needs_approval THEN
        v.needs_approval := bursar.refund_day_is_full(v.amount, v.currency, p_lock);
    END IF;
    -- One wording for every number.
    IF v.problem = 'BR004' AND pg_catalog.starts_with(v.hint, '--if-spent') THEN
        v.message := pg_catalog.format('the account has %s of the %s %s that have to be taken back; spent: %s', v.balance,
                                       v.units_due - v.units_found, v.unit, v.units_due - v.units_found - v.balance);
    END IF;
    RETURN v;
END
$$;

-- Says that an object of a gateway never will fit, and is left as it is: a row of bursar.acknowledgements, whose entry is
-- the object and whose unit is the gateway. Returns false where it was said before.
CREATE FUNCTION bursar.acknowledge_object(p_app text, p_gateway text, p_object text, p_reason text, p_actor jsonb)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_operation uuid := pg_catalog.gen_random_uuid();
BEGIN
    IF NOT bursar.gateway_is_known(p_gateway) OR p_gateway = 'record-only' THEN
        RAISE SQLSTATE 'BR002' USING
            MESSAGE = pg_catalog.format('there is no gateway %s with objects', COALESCE(pg_catalog.quote_literal(p_gateway), 'null'));
    ELSIF COALESCE(p_object !~ '^[A-Za-z0-9_-]{1,255}$', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'this is no id of an object of a gateway';
    ELSIF COALESCE(p_reason !~ '\S', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'an acknowledgement needs a reason';
    END IF;
    INSERT INTO bursar.acknowledgements
        (app, check_id, account, unit, entry_id, fingerprint, reason, operator, operation_id)
    VALUES
        (p_app, 'gateway.object', '', p_gateway, p_object, pg_catalog.concat(p_gateway, ' ', p_object), p_reason,
         COALESCE(NULLIF(pg_catalog.btrim(p_actor ->> 'operator'), ''), NULLIF(pg_catalog.btrim(p_actor ->> 'os_user'), ''),
                  session_user), v_operation)
    ON CONFLICT (app, fingerprint) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM bursar.log_operation(p_actor, 'refund acknowledge',
                                 pg_catalog.jsonb_build_object('gateway', p_gateway, 'object', p_object),
                                 p_reason, 'acknowledged', v_operation);
    RETURN true;
END
$$;

GRANT SELECT ON bursar.acknowledgements TO bursar_support, bursar_operator;
GRANT EXECUTE ON FUNCTION
    bursar.refund_import_check(text, bigint, text, text, text, text, bigint, boolean),
    bursar.refund_cancel_check(uuid, text)
    TO bursar_support, bursar_operator;
GRANT EXECUTE ON FUNCTION bursar.acknowledge_object(text, text, text, text, jsonb) TO bursar_operator;

SELECT bursar.close_to_strangers();
