-- title: A reading holds more cards than it was paid for
-- why: The number of cards was taken from the browser.

WITH target AS (
    SELECT r.id, r.user_id
    FROM tarot_readings r
    WHERE r.card_count = 3 AND r.user_id::text <> ALL ($2::text[])
    ORDER BY md5(r.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE tarot_readings r SET cards = r.cards || (r.cards->0) || (r.cards->1) FROM target t WHERE r.id = t.id
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, NULL::currency AS unit,
       ARRAY['readings.cards'] AS checks,
       format('Two cards were added to reading %s of user %s, which says that it has three.', t.id, t.user_id) AS message
FROM target t
