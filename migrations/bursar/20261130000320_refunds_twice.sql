-- A record-only refund that another refund of its payment stands for, because both have one reference but for what nobody sees
-- around it, took its units a second time. It can be canceled, and gives them back.

-- The text without what nobody sees at its ends.
CREATE FUNCTION bursar.trimmed(p_text text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Spaces, controls and characters without a shape. In another encoding only the first of them are these characters.
    v_unseen CONSTANT text := CASE pg_catalog.getdatabaseencoding() WHEN 'UTF8' THEN
        '[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f-\u1160\u1680\u17b4-\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]'
        ELSE '[\u0001-\u0020]' END;
BEGIN
    RETURN pg_catalog.regexp_replace(p_text, pg_catalog.format('^%s+|%s+$', v_unseen, v_unseen), '', 'g');
END
$$;

-- The refund that a record-only one stands for a second time: another one of the payment, with the same reference but for
-- what nobody sees around it, which stands. Of two that are record-only the one is the second whose reference no gateway has.
CREATE FUNCTION bursar.refund_double(p_refund bursar.refunds) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.id
      FROM bursar.refunds o
     WHERE p_refund.gateway = 'record-only' AND p_refund.state = 'succeeded'
       AND o.payment = p_refund.payment AND o.id <> p_refund.id AND o.state NOT IN ('rejected', 'failed', 'canceled')
       AND bursar.trimmed(o.gateway_ref) = bursar.trimmed(p_refund.gateway_ref) AND bursar.trimmed(o.gateway_ref) <> ''
       AND (o.gateway <> 'record-only' OR p_refund.gateway_ref <> bursar.trimmed(p_refund.gateway_ref))
     ORDER BY o.number LIMIT 1
$$;

-- As before. A record-only refund that is there twice needs no look at a gateway.
CREATE OR REPLACE FUNCTION bursar.refund_cancel_fits(p_refund bursar.refunds, p_seen text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_recorded boolean := p_refund.gateway = 'record-only' AND p_refund.state = 'succeeded';
BEGIN
    IF p_refund.attempts = 0 AND p_refund.state IN ('requested', 'approved', 'reserved') THEN
        RETURN;
    ELSIF v_recorded AND bursar.refund_double(p_refund) IS NULL THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s is %s, and no other refund of the payment stands for it', p_refund.id, p_refund.state);
    ELSIF NOT bursar.may_operate() THEN
        RAISE SQLSTATE 'BR004' USING
            MESSAGE = pg_catalog.format(
                CASE WHEN v_recorded THEN 'refund %s is recorded as done, so only an operator may cancel it'
                     ELSE 'the submission of refund %s was begun, so only an operator may cancel it' END, p_refund.id),
            HINT = pg_catalog.format('as a member of bursar_operator: bursar refund cancel %s --reason TEXT', p_refund.id);
    ELSIF v_recorded THEN
        RETURN;
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

-- As before. A record-only refund that another one duplicates by its reference ends in the same way.
CREATE OR REPLACE FUNCTION bursar.refund_cancel(p_refund uuid, p_why text, p_seen text, p_actor jsonb, OUT refund bursar.refunds)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_was       text;
    v_submitted boolean;
    v_double    uuid;
BEGIN
    IF COALESCE(p_why !~ '\S', true) THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = 'a cancellation needs a reason';
    ELSIF p_seen NOT IN ('listed', 'looked') THEN
        RAISE SQLSTATE 'BR002' USING MESSAGE = pg_catalog.format('%L is no way to see that there is none', p_seen);
    END IF;
    -- Its payment is locked from here on, so that the other one still stands when this one has ended.
    refund := bursar.refund_locked(p_refund);
    v_was := refund.state;
    v_submitted := refund.attempts > 0 OR v_was NOT IN ('requested', 'approved', 'reserved');
    v_double := bursar.refund_double(refund);
    IF v_was = 'awaiting_approval' THEN
        RAISE SQLSTATE 'BR007' USING
            MESSAGE = pg_catalog.format('refund %s awaits approval', p_refund),
            HINT = pg_catalog.format('bursar refund reject %s --reason TEXT', p_refund);
    ELSIF v_was IN ('failed', 'canceled', 'rejected') OR v_was = 'succeeded' AND refund.origin = 'dispute' THEN
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
        pg_catalog.concat_ws('; ', p_why, CASE
            WHEN v_double IS NOT NULL THEN pg_catalog.format('refund %s has the same reference', v_double)
            WHEN v_submitted THEN
                CASE p_seen WHEN 'listed' THEN pg_catalog.format('%s lists no such refund', refund.gateway)
                            ELSE pg_catalog.format('an operator looked at %s and found no such refund', refund.gateway) END END),
        refund.state, refund.operation_id);
END
$$;

SELECT bursar.close_to_strangers();

-- Names those that are there.
DO $$
DECLARE
    v_twice record;
BEGIN
    FOR v_twice IN
        SELECT r.id, r.payment, bursar.refund_double(r) AS double FROM bursar.refunds r
         WHERE r.gateway = 'record-only' AND r.state = 'succeeded' AND bursar.refund_double(r) IS NOT NULL
         ORDER BY r.number
    LOOP
        RAISE WARNING USING MESSAGE = pg_catalog.format(
            'refund %s of payment %s has the reference of refund %s, but for spaces around it; if both are one refund: '
            'bursar refund cancel %s --reason TEXT', v_twice.id, v_twice.payment, v_twice.double, v_twice.id);
    END LOOP;
END
$$;
