-- title: A reading is younger than its debit
-- why: The debit of an earlier reading was given to this one.

WITH target AS (
    SELECT r.id, r.user_id, e.created_at
    FROM tarot_readings r
    JOIN wallet_transactions e ON e.related_reading_id = r.id AND e.transaction_type = 'reading'
    WHERE e.created_at < now() - interval '2 hours'
      AND r.user_id::text <> ALL ($2::text[])
    ORDER BY md5(r.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE tarot_readings r SET created_at = t.created_at + interval '1 hour' FROM target t WHERE r.id = t.id
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['readings.debited'] AS checks,
       format('Reading %s of user %s was dated an hour after its debit.', t.id, t.user_id) AS message
FROM target t
