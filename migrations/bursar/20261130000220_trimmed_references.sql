-- Idempotency keys and references of refunds without what nobody sees around them. Both are trimmed where they are asked for,
-- so that one that was kept before in another form would not be found again: its refund would be paid or imported twice.

-- Mends what was kept. What would be the same as another one stays as it is, and is named.
DO $$
DECLARE
    -- Spaces, controls and characters without a shape. In another encoding only the first of them are these characters.
    v_unseen CONSTANT text := CASE pg_catalog.getdatabaseencoding() WHEN 'UTF8' THEN
        '[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f-\u1160\u1680\u17b4-\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]'
        ELSE '[\u0001-\u0020]' END;
    v_ends CONSTANT text := pg_catalog.format('^%s+|%s+$', v_unseen, v_unseen);
    v_same record;
BEGIN
    UPDATE bursar.refunds r
       SET idempotency_key = n.key
      FROM (SELECT DISTINCT ON (t.key) t.id, t.key
              FROM (SELECT k.id, k.number, pg_catalog.regexp_replace(k.idempotency_key, v_ends, '', 'g') AS key
                      FROM bursar.refunds k WHERE k.idempotency_key ~ v_ends) AS t
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
              FROM (SELECT k.id, k.number, pg_catalog.regexp_replace(k.gateway_ref, v_ends, '', 'g') AS reference
                      FROM bursar.refunds k WHERE k.gateway_ref ~ v_ends) AS t
             WHERE t.reference <> '' AND NOT EXISTS (SELECT FROM bursar.refunds o WHERE o.gateway_ref = t.reference)
             ORDER BY t.reference, t.number) AS n
     WHERE r.id = n.id;

    FOR v_same IN
        SELECT 'idempotency key' AS what, r.id, r.payment, o.id AS first, o.payment AS of
          FROM bursar.refunds r
          JOIN bursar.refunds o ON o.idempotency_key = pg_catalog.regexp_replace(r.idempotency_key, v_ends, '', 'g')
         WHERE r.idempotency_key ~ v_ends
        UNION ALL
        SELECT 'gateway reference', r.id, r.payment, o.id, o.payment
          FROM bursar.refunds r
          JOIN bursar.refunds o ON o.gateway_ref = pg_catalog.regexp_replace(r.gateway_ref, v_ends, '', 'g')
         WHERE r.gateway_ref ~ v_ends
    LOOP
        RAISE WARNING USING MESSAGE = pg_catalog.format(
            'the %s of refund %s, of payment %s, is that of refund %s, of payment %s, but for spaces around it; compare them: '
            'bursar refund show %s', v_same.what, v_same.id, v_same.payment, v_same.first, v_same.of, v_same.id);
    END LOOP;
END
$$;
