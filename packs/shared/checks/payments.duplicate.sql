-- title: No payment is there twice or was credited twice
-- severity: error
-- reads: payments.sql, ledger/entries.sql
-- why: One payment buys its units once; a second credit gives them away. Two payments with one id of the gateway are one
--   payment there.
-- cause: The gateway delivered an event twice, or the purchase was retried, and nothing stopped the second credit.
-- remedy: Reverse every entry of the payment but the first. Of two payments with one id of the gateway, one brought no
--   money: bursar payments reconcile says which the gateway knows.

-- Its names are not those of tables that the pack reads.
WITH bursar_several AS MATERIALIZED (
    SELECT g.ref FROM {grants} g WHERE g.ref IS NOT NULL GROUP BY g.ref HAVING count(*) > 1
),
bursar_doubled AS MATERIALIZED (
    SELECT p.payment_id, p.account, p.unit, p.granted, s.units
    FROM (SELECT g.ref, g.account, g.unit, sum(g.delta) AS units
          FROM {grants} g
          JOIN bursar_several s ON s.ref = g.ref
          GROUP BY g.ref, g.account, g.unit
          HAVING count(*) > 1) s
    JOIN {payments} p ON s.ref{ref} = p.payment_id{ref} AND s.account{account} = p.account{account}
                     AND s.unit::text = p.unit::text
    WHERE s.units > p.granted
),
bursar_entries AS (
    SELECT d.payment_id, array_agg(g.entry_id::text ORDER BY g.at, g.entry_id::text) AS ids
    FROM bursar_doubled d
    JOIN {grants} g ON g.ref{ref} = d.payment_id{ref} AND g.account{account} = d.account{account}
    WHERE g.unit::text = d.unit::text
    GROUP BY d.payment_id
),
-- Where the ledger does not say which entry undoes which, what was taken back counts against what was given.
bursar_nets AS (
    SELECT d.payment_id, sum(e.delta) AS net
    FROM bursar_doubled d
    JOIN {entries} e ON e.ref{ref} = d.payment_id{ref} AND e.account{account} = d.account{account}
    WHERE e.unit::text = d.unit::text AND NOT {reversals}
    GROUP BY d.payment_id
),
-- A payment that failed may share the id of the one that was tried again. Ids are found by their hashes, which are
-- grouped faster. No gateway has two ids that differ in case or in spaces around them, but an application may write one so,
-- and some spaces have no shape. Few ids have characters of more than one byte, so few are looked at for these.
bursar_shared AS MATERIALIZED (
    SELECT hashtextextended(lower(CASE WHEN octet_length(i.id) = char_length(i.id) THEN btrim(i.id, E' \t\n\r\f\v')
                                               ELSE regexp_replace(i.id, '^[\u0001-\u0020\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+|[\u0001-\u0020\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+$', '', 'g') END), 0) AS hash
    FROM (SELECT unnest(p.provider_ids::text[]) AS id FROM {payments} p WHERE {was_paid}) i
    GROUP BY 1
    HAVING count(*) > 1
),
bursar_payments AS (
    SELECT p.provider::text AS provider, min(i.id COLLATE "C") AS id, array_agg(p.payment_id::text ORDER BY p.created_at, p.payment_id::text) AS ids,
           array_agg(p.account::text ORDER BY p.created_at, p.payment_id::text) AS accounts
    FROM {payments} p
    CROSS JOIN LATERAL (SELECT min(u.id) AS id, t.id AS trimmed
                        FROM unnest(p.provider_ids::text[]) AS u (id)
                        CROSS JOIN LATERAL (SELECT lower(CASE WHEN octet_length(u.id) = char_length(u.id) THEN btrim(u.id, E' \t\n\r\f\v')
                                               ELSE regexp_replace(u.id, '^[\u0001-\u0020\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+|[\u0001-\u0020\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+$', '', 'g') END) AS id) AS t
                        GROUP BY t.id) AS i
    JOIN bursar_shared s ON s.hash = hashtextextended(i.trimmed, 0)
    WHERE {was_paid} AND i.trimmed <> ''
    GROUP BY p.provider::text, i.trimmed
    HAVING count(*) > 1
)
SELECT {payments_name} AS table_name, d.payment_id::text AS key, d.account::text AS account, d.unit::text AS unit,
       d.granted::text AS expected, d.units::text AS actual,
       format('Payment %s of account %s was credited %s times, %s %s in all instead of %s, by the entries %s.',
              d.payment_id, d.account, cardinality(e.ids), d.units, d.unit, d.granted,
              array_to_string(e.ids, ', ')) AS message,
       e.ids[2] AS first_bad_entry
FROM bursar_doubled d
JOIN bursar_entries e ON e.payment_id = d.payment_id
LEFT JOIN bursar_nets n ON n.payment_id = d.payment_id
WHERE {reversals} OR n.net > d.granted
UNION ALL
SELECT {payments_name}, p.ids[2], p.accounts[2], NULL, '1 payment', format('%s payments', cardinality(p.ids)),
       format('Payments %s have the same id at %s: %s.', array_to_string(p.ids, ' and '),
              coalesce(p.provider, 'their gateway'), string_agg(p.id, ', ' ORDER BY p.id)),
       NULL
FROM bursar_payments p
GROUP BY p.ids, p.accounts, p.provider
