-- title: A failed reading gave its stars back once
-- severity: error
-- reads: tarot_readings, wallet_transactions
-- why: A failed reading gives back what it cost, to the user who paid, and not twice.
-- cause: The give-back was retried, or written with another amount or for another user than the debit.
-- remedy: Undo the give-back that is too much: SELECT wallet_reverse('<entry>').

-- A reading without any debit is reported by readings.debited only. A debit that was reversed has given its stars
-- back.
WITH givebacks AS NOT MATERIALIZED (
    SELECT e.id, e.user_id, e.amount, e.created_at, e.related_reading_id
    FROM wallet_transactions e
    WHERE e.transaction_type = 'refund' AND e.related_reading_id IS NOT NULL
      AND NOT coalesce(e.metadata ? 'reverses_entry_id', false)
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
),
given AS (
    SELECT e.related_reading_id AS reading_id, count(*) AS entries, sum(e.amount) AS stars,
           array_agg(e.id ORDER BY e.created_at, e.id) AS ids,
           array_agg(e.user_id ORDER BY e.created_at, e.id) AS users
    FROM givebacks e
    GROUP BY e.related_reading_id
),
debits AS (
    SELECT g.reading_id, count(*) AS entries,
           coalesce(max(e.amount) FILTER (WHERE NOT EXISTS (
               SELECT FROM wallet_transactions r
               WHERE r.transaction_type = 'refund'
                 AND r.metadata ? 'reverses_entry_id'
                 AND lower(r.metadata->>'reverses_entry_id') = e.id::text)), 0) AS stars
    FROM given g
    JOIN wallet_transactions e ON e.related_reading_id = g.reading_id AND e.transaction_type = 'reading'
    GROUP BY g.reading_id
)
SELECT 'tarot_readings' AS table_name, g.reading_id AS key, coalesce(t.user_id, g.users[1]) AS account,
       'STAR'::currency AS unit,
       CASE WHEN t.id IS NULL THEN 'a reading'
            WHEN g.entries > 1 OR g.stars <> d.stars THEN coalesce(d.stars, 0)::text
            ELSE t.user_id::text END AS expected,
       CASE WHEN t.id IS NULL THEN 'missing'
            WHEN g.entries > 1 OR g.stars <> d.stars THEN g.stars::text
            ELSE g.users[1]::text END AS actual,
       CASE
           WHEN t.id IS NULL THEN
               format('Entry %s gives %s STAR back to user %s for reading %s, which does not exist.',
                      g.ids[1], g.stars, g.users[1], g.reading_id)
           WHEN g.entries > 1 THEN
               format('Reading %s of user %s cost %s STAR and gave back %s times, %s STAR in all, by the entries %s.',
                      t.id, t.user_id, coalesce(d.stars, 0), g.entries, g.stars, array_to_string(g.ids, ', '))
           WHEN g.stars <> d.stars THEN
               format('Reading %s of user %s cost %s STAR, but entry %s gives %s back.',
                      t.id, t.user_id, d.stars, g.ids[1], g.stars)
           ELSE
               format('Reading %s belongs to user %s, but entry %s gives its %s STAR back to user %s.',
                      t.id, t.user_id, g.ids[1], g.stars, g.users[1])
       END AS message,
       CASE WHEN g.entries > 1 THEN g.ids[2] ELSE g.ids[1] END AS first_bad_entry
FROM given g
LEFT JOIN tarot_readings t ON t.id = g.reading_id
LEFT JOIN debits d ON d.reading_id = g.reading_id
WHERE t.id IS NULL OR g.entries > 1 OR g.stars <> d.stars OR t.user_id <> g.users[1]
