-- title: A reading of five cards at the price of three
-- why: The price was taken from the browser.

WITH target AS (
    SELECT r.id, r.user_id
    FROM tarot_readings r
    WHERE r.card_count = 3
      -- Of fewer readings nobody knows which price is the usual one.
      AND (SELECT count(*) FROM tarot_readings o WHERE o.card_count = 5) >= 200
      AND r.user_id::text <> ALL ($2::text[])
    ORDER BY md5(r.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE tarot_readings r SET card_count = 5, cards = r.cards || (r.cards->0) || (r.cards->1) FROM target t WHERE r.id = t.id
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['readings.priced'] AS checks,
       format('Reading %s of user %s has five cards now, and cost what three do.', t.id, t.user_id) AS message
FROM target t
