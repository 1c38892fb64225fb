-- title: Each reading was paid for once
-- severity: error
-- reads: tarot_readings, wallet_transactions, users
-- references: wallet_transactions.related_reading_id
-- why: There is no free reading: each one has exactly one debit, from the stars of the user who asked, and not from before
--   it was there.
-- cause: The reading was stored while its debit failed or was removed, or the debit was written twice, for another
--   user or for a reading that was never stored.
-- remedy: Debit a reading that was not paid for with wallet_adjust, and acknowledge this finding; a debit too many
--   is reversed with a refund entry that names it in reverses_entry_id.

-- A database may lack seq, which orders entries of one moment: the row as JSON then has none.
-- A debit that was reversed still shows that the reading was charged, but it is no second charge.
WITH debits AS NOT MATERIALIZED (
    SELECT e.id, e.user_id, e.currency, e.amount, e.balance_after, e.created_at, e.related_reading_id,
           (to_jsonb(e) ->> 'seq')::bigint AS seq
    FROM wallet_transactions e
    WHERE e.transaction_type = 'reading'
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
),
-- Candidates are few or none, so they are found once, before anything else is asked about them.
doubled AS MATERIALIZED (
    SELECT e.related_reading_id AS reading_id
    FROM wallet_transactions e
    WHERE e.transaction_type = 'reading' AND e.related_reading_id IS NOT NULL
    GROUP BY e.related_reading_id
    HAVING count(*) > 1
),
charges AS (
    SELECT e.related_reading_id AS reading_id, count(*) AS entries,
           array_agg(e.id ORDER BY e.created_at, e.id) AS ids
    FROM doubled d
    JOIN debits e ON e.related_reading_id = d.reading_id
    GROUP BY e.related_reading_id
    HAVING count(*) > 1
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       '1 debit' AS expected, '0 debits' AS actual,
       format('Reading %s of user %s has no debit in the ledger.', t.id, t.user_id) AS message,
       NULL::uuid AS first_bad_entry
FROM tarot_readings t
WHERE NOT EXISTS (SELECT FROM wallet_transactions e
                  WHERE e.transaction_type = 'reading' AND e.related_reading_id = t.id)
UNION ALL
SELECT 'tarot_readings', c.reading_id, t.user_id, 'STAR'::currency, '1 debit', format('%s debits', c.entries),
       format('Reading %s of user %s was debited %s times, by the entries %s.',
              c.reading_id, t.user_id, c.entries, array_to_string(c.ids, ', ')),
       c.ids[2]
FROM charges c
LEFT JOIN tarot_readings t ON t.id = c.reading_id
UNION ALL
SELECT 'wallet_transactions', e.id, e.user_id, e.currency,
       CASE WHEN t.id IS NULL THEN 'a reading'
            WHEN t.user_id <> e.user_id THEN t.user_id::text
            WHEN e.amount = 0 THEN 'more than 0'
            ELSE format('before %s', e.created_at) END,
       CASE WHEN e.related_reading_id IS NULL THEN 'none'
            WHEN t.id IS NULL THEN 'missing'
            WHEN t.user_id <> e.user_id THEN e.user_id::text
            WHEN e.amount = 0 THEN '0'
            ELSE t.created_at::text END,
       CASE
           WHEN e.related_reading_id IS NULL THEN
               format('Entry %s debits user %s by %s %s for a reading, but names none.',
                      e.id, e.user_id, e.amount, e.currency)
           WHEN t.id IS NULL THEN
               format('Entry %s debits user %s by %s %s for reading %s, which does not exist.',
                      e.id, e.user_id, e.amount, e.currency, e.related_reading_id)
           WHEN t.user_id <> e.user_id THEN
               format('Entry %s debits user %s by %s %s for reading %s, which belongs to user %s.',
                      e.id, e.user_id, e.amount, e.currency, t.id, t.user_id)
           WHEN e.amount = 0 THEN
               format('Entry %s debits user %s by 0 %s for reading %s, and there is no free reading.',
                      e.id, e.user_id, e.currency, t.id)
           ELSE
               format('Entry %s debits user %s by %s %s at %s for reading %s, which was made at %s.',
                      e.id, e.user_id, e.amount, e.currency, e.created_at, t.id, t.created_at)
       END,
       e.id
FROM debits e
LEFT JOIN tarot_readings t ON t.id = e.related_reading_id
WHERE t.id IS NULL OR t.user_id <> e.user_id OR e.amount = 0
   -- An entry that is older than its account is reported by ledger.domain, one whose time was exchanged with another's by
   -- ledger.order, and a reading in the future by rows.dated.
   OR (e.created_at < t.created_at - interval '5 minutes' AND t.created_at <= now() + interval '5 minutes'
       AND NOT EXISTS (SELECT FROM users u WHERE u.id = e.user_id AND e.created_at < u.created_at)
       AND e.balance_after + e.amount = coalesce((SELECT b.balance_after
                                                  FROM wallet_transactions b
                                                  WHERE b.user_id = e.user_id AND b.currency = e.currency
                                                    AND b.created_at <= e.created_at
                                                    AND (b.created_at < e.created_at
                                                         OR (to_jsonb(b) ->> 'seq')::bigint < e.seq)
                                                  ORDER BY b.created_at DESC, (to_jsonb(b) ->> 'seq')::bigint DESC NULLS LAST
                                                  LIMIT 1), 0))
