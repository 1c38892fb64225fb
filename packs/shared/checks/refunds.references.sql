-- title: Each refund of a payment has a reference of its own
-- severity: error
-- reads: bursar.refunds
-- why: Two refunds under one reference are one transfer of money, and the units of the payment were taken back for both.
-- cause: An earlier version kept a reference with spaces around it. So the same refund was recorded or brought in again.
-- remedy: Compare both with the gateway. If they are one refund: bursar refund cancel REFUND --reason TEXT

-- References are unique as they were kept. So one of two has something unseen around it, which is no visible character of
-- ASCII. In another encoding than UTF-8 only the first of these are such characters.
WITH unseen AS (
    SELECT format('^%s+|%s+$', c.class, c.class) AS ends
    FROM (SELECT CASE getdatabaseencoding() WHEN 'UTF8' THEN
              '[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f-\u1160\u1680\u17b4-\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]'
              ELSE '[\u0001-\u0020]' END AS class) c
),
edged AS (
    SELECT DISTINCT r.payment, regexp_replace(r.gateway_ref, u.ends, '', 'g') AS reference
    FROM {refunds} r
    CROSS JOIN unseen u
    WHERE r.gateway_ref ~ '^[^!-~]|[^!-~]$'
),
-- The one to cancel comes first: one that no gateway lists, or whose reference no gateway has.
several AS (
    SELECT e.payment, e.reference, min(r.account) AS account, min(r.currency) AS currency,
           array_agg(r.id::text ORDER BY r.origin = 'dispute', r.gateway <> 'record-only', r.origin <> 'gateway',
                                         r.gateway_ref = e.reference, r.created_at DESC, r.id) AS ids
    FROM edged e
    CROSS JOIN unseen u
    JOIN {refunds} r ON r.payment = e.payment AND regexp_replace(r.gateway_ref, u.ends, '', 'g') = e.reference
    WHERE e.reference <> '' AND r.state NOT IN ('rejected', 'failed', 'canceled')
    GROUP BY e.payment, e.reference
    HAVING count(*) > 1
)
SELECT 'bursar.refunds' AS table_name, s.ids[1] AS key, s.account, s.currency AS unit, '1 refund' AS expected,
       format('%s refunds', cardinality(s.ids)) AS actual,
       format('Refunds %s of payment %s have one reference, but for spaces around it: %s.',
              array_to_string(s.ids, ' and '), s.payment, s.reference) AS message,
       s.payment, s.ids[1] AS refund
FROM several s
