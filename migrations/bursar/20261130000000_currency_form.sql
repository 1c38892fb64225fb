-- Currencies in one form; the amount of the refund that is in the way; and the end of an imported refund that its gateway
-- does not have any more.

-- A currency as ISO 4217 has it, however the application writes it: Stripe's own objects have small letters.
CREATE FUNCTION bursar.currency_code(p_currency text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN pg_catalog.upper(pg_catalog.btrim(p_currency, E' \t\r\n'));
END
$$;

-- The functions of packs ask with the currency as the application writes it.
CREATE OR REPLACE FUNCTION bursar.currency_digits(p_currency text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_code text := bursar.currency_code(p_currency);
BEGIN
    RETURN CASE
               WHEN v_code IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI',
                                   'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
               WHEN v_code IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
               WHEN v_code IN ('CLF', 'UYW') THEN 4
               ELSE 2
           END;
END
$$;

-- As before, in the currency's one form, and with the amount of the newest refund where that one is in the way.
CREATE OR REPLACE FUNCTION bursar.refund_terms_of_payment(
    p_payment text, p_amount bigint, p_if_spent text, p_again boolean, p_lock boolean, p_except uuid DEFAULT NULL
) RETURNS bursar.refund_terms
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_facts   record;
    v_live    record;
    v_granted numeric;
    v_found   numeric;
    v_take    numeric;
    v         bursar.refund_terms;
BEGIN
    SELECT * INTO v_facts FROM bursar.payment_facts(p_payment, p_lock);
    IF NOT FOUND THEN
        v.problem := 'BR002';
        v.message := pg_catalog.format('there is no payment %s', COALESCE(p_payment, 'null'));
        RETURN v;
    END IF;

    -- What is rejected, failed or canceled gave everything back.
    SELECT COALESCE(pg_catalog.sum(r.amount), 0)::bigint AS amount,
           COALESCE(pg_catalog.sum(r.units_taken + r.units_written_off), 0) AS units,
           COALESCE(pg_catalog.sum(r.units_taken), 0) AS taken,
           (pg_catalog.array_agg(r.id ORDER BY r.number DESC))[1] AS latest,
           (pg_catalog.array_agg(r.state ORDER BY r.number DESC))[1] AS latest_state,
           (pg_catalog.array_agg(r.amount ORDER BY r.number DESC))[1] AS latest_amount,
           (pg_catalog.array_agg(r.id ORDER BY r.number) FILTER (WHERE r.amount = p_amount))[1] AS equal,
           (pg_catalog.array_agg(r.state ORDER BY r.number) FILTER (WHERE r.amount = p_amount))[1] AS equal_state
      INTO v_live
      FROM bursar.refunds r
     WHERE r.payment = v_facts.payment AND r.state NOT IN ('rejected', 'failed', 'canceled')
       AND r.id IS DISTINCT FROM p_except;

    v.payment := v_facts.payment;
    v.account := v_facts.account;
    v.customer := v_facts.customer;
    v.status := v_facts.status;
    v.settled := v_facts.settled;
    v.provider := v_facts.provider;
    v.gateway_payment := v_facts.provider_ids;
    v.currency := bursar.currency_code(v_facts.currency);
    v.paid := v_facts.amount;
    v.refunded_before := v_live.amount;
    v.latest := v_live.latest;
    v.latest_state := v_live.latest_state;
    v.amount := COALESCE(p_amount, v_facts.amount - v_live.amount);
    v.remaining := v_facts.amount - v_live.amount - v.amount;
    v.unit := v_facts.unit;
    v.balance := v_facts.balance;

    v_granted := COALESCE(v_facts.granted, 0);
    v.units_due := GREATEST(
        LEAST(pg_catalog.ceil(v_granted * (v_live.amount + v.amount) / NULLIF(v_facts.amount, 0)), v_granted) - v_live.units,
        0);
    v_found := LEAST(v.units_due, GREATEST(COALESCE(v_facts.taken, 0) - v_live.taken, 0));
    v_take := v.units_due - v_found;
    IF v_take > GREATEST(COALESCE(v.balance, 0), 0) THEN
        v_take := CASE p_if_spent WHEN 'cap' THEN GREATEST(COALESCE(v.balance, 0), 0) ELSE 0 END;
    END IF;
    v.units_found := v_found;
    v.units_taken := v_found + v_take;
    v.units_written_off := v.units_due - v.units_taken;
    v.balance_after := v.balance - v_take;

    v.approval_above := bursar.refund_limit(v.currency);
    v.needs_approval := COALESCE(v_live.amount + v.amount > v.approval_above, false);

    IF v_live.equal IS NOT NULL AND NOT p_again THEN
        v.problem := 'BR007';
        v.message := pg_catalog.format('%s of payment %s were refunded before: refund %s is %s',
                                       bursar.money(p_amount, v.currency), v.payment, v_live.equal, v_live.equal_state);
        v.hint := 'if this is to be another refund of the same amount, add --again';
    ELSIF v.latest_state NOT IN ('succeeded', 'failed', 'canceled', 'rejected') THEN
        v.problem := 'BR007';
        v.message := pg_catalog.format('refund %s of this payment, over %s, is %s', v.latest,
                                       bursar.money(v_live.latest_amount, v.currency), v.latest_state);
        v.hint := pg_catalog.format('look at it, and finish it first: bursar refund show %s', v.latest);
    ELSIF NOT v_facts.refundable AND v_live.amount = 0 AND v_facts.settled THEN
        v.problem := 'BR007';
        v.message := pg_catalog.format('payment %s is %s already, but not through bursar', v.payment, v.status);
        v.hint := 'bring in what was done at the gateway: bursar refund sync';
    ELSIF NOT v_facts.refundable THEN
        v.problem := 'BR004';
        v.message := pg_catalog.format('payment %s is %s, so there is nothing to refund', v.payment, v.status);
    ELSIF v.amount <= 0 OR v.remaining < 0 THEN
        v.problem := 'BR004';
        v.message := pg_catalog.format('payment %s has %s left to refund, of %s', v.payment,
                                       bursar.money(v.paid - v_live.amount, v.currency), bursar.money(v.paid, v.currency));
    ELSIF v.units_written_off > 0 AND p_if_spent = 'refuse' THEN
        v.problem := 'BR004';
        v.message := pg_catalog.format('%s %s have to be taken back and %s are there: %s were spent',
                                       v.units_due - v_found, v.unit, v.balance, v.units_due - v_found - v.balance);
        v.hint := '--if-spent cap takes what is there and writes the rest off; --if-spent keep takes nothing';
    END IF;
    RETURN v;
END
$$;

-- As before. A refund that was made at the gateway and imported ends in the same way as one of bursar's own.
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
       OR v_was = 'succeeded' AND (refund.origin = 'dispute' OR refund.gateway = 'record-only') THEN
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

-- What was kept in another form could not be compared with the gateway's answer, and stayed unknown.
UPDATE bursar.refunds r
   SET currency = bursar.currency_code(r.currency)
 WHERE r.currency <> bursar.currency_code(r.currency);

SELECT bursar.close_to_strangers();
