-- Idempotency keys and references of refunds without what nobody sees around them. Both are trimmed where they are asked for,
-- so that one that was kept before in another form would not be found again: its refund would be paid or imported twice.

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
            MESSAGE = pg_catalog.format('refund %s is %s, and no other refund of the payment has its reference', p_refund.id,
                                        p_refund.state);
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

-- Mends what was kept. What would be the same as another one stays as it is, and is named.
DO $$
DECLARE
    -- Whatever is unseen is no visible character of ASCII.
    v_edges CONSTANT text := '^[^!-~]|[^!-~]$';
    v_same record;
BEGIN
    UPDATE bursar.refunds r
       SET idempotency_key = n.key
      FROM (SELECT DISTINCT ON (t.key) t.id, t.key
              FROM (SELECT k.id, k.number, bursar.trimmed(k.idempotency_key) AS key
                      FROM bursar.refunds k WHERE k.idempotency_key ~ v_edges) AS t
             WHERE t.key <> '' AND NOT EXISTS (SELECT FROM bursar.refunds o WHERE o.idempotency_key = t.key)
             ORDER BY t.key, t.number) AS n
     WHERE r.id = n.id;

    -- The digest of the request goes with its reference. The request named the amount, or meant all that was left.
    UPDATE bursar.refunds r
       SET gateway_ref = n.reference,
           request_hash = COALESCE(
               (SELECT pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.jsonb_build_array(
                           r.payment, a.amount, r.if_spent, r.reason, r.note, r.gateway, n.reference)::text, 'UTF8'))
                  FROM (VALUES (NULL::bigint), (r.amount)) AS a (amount)
                 WHERE r.request_hash = pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.jsonb_build_array(
                           r.payment, a.amount, r.if_spent, r.reason, r.note, r.gateway, r.gateway_ref)::text, 'UTF8'))
                 LIMIT 1),
               r.request_hash)
      FROM (SELECT DISTINCT ON (t.reference) t.id, t.reference
              FROM (SELECT k.id, k.number, bursar.trimmed(k.gateway_ref) AS reference
                      FROM bursar.refunds k WHERE k.gateway_ref ~ v_edges) AS t
             WHERE t.reference <> '' AND NOT EXISTS (SELECT FROM bursar.refunds o WHERE o.gateway_ref = t.reference)
             ORDER BY t.reference, t.number) AS n
     WHERE r.id = n.id;

    FOR v_same IN
        SELECT 'idempotency key' AS what, r.id, r.payment, o.id AS first, o.payment AS of, NULL::uuid AS double
          FROM bursar.refunds r
          JOIN bursar.refunds o ON o.idempotency_key = bursar.trimmed(r.idempotency_key) AND o.id <> r.id
         WHERE r.idempotency_key ~ v_edges
        UNION ALL
        SELECT 'gateway reference', r.id, r.payment, o.id, o.payment,
               CASE WHEN bursar.refund_double(r) IS NOT NULL THEN r.id WHEN bursar.refund_double(o) IS NOT NULL THEN o.id END
          FROM bursar.refunds r
          JOIN bursar.refunds o ON o.gateway_ref = bursar.trimmed(r.gateway_ref) AND o.id <> r.id
         WHERE r.gateway_ref ~ v_edges
    LOOP
        RAISE WARNING USING MESSAGE = pg_catalog.format(
            'the %s of refund %s, of payment %s, is that of refund %s, of payment %s, but for spaces around it; %s',
            v_same.what, v_same.id, v_same.payment, v_same.first, v_same.of,
            CASE WHEN v_same.double IS NULL THEN pg_catalog.format('compare them: bursar refund show %s', v_same.id)
                 ELSE pg_catalog.format('if both are one refund: bursar refund cancel %s --reason TEXT', v_same.double) END);
    END LOOP;
END
$$;
