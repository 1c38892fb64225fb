-- title: A reading has as many cards as it says
-- severity: error
-- reads: tarot_readings
-- why: Readings are priced by card_count. One that holds more cards than it says was paid for as a smaller one.
-- cause: The number of cards was taken from the browser, or the reading was changed by hand.
-- remedy: Set card_count to the cards that the user got, and debit or give back the difference with wallet_adjust.

-- An application may keep something else in cards than one element for each card. So it counts only where at least 95 in a
-- hundred readings of as many cards agree, or of a few readings all but one or two. With the others it is skipped.
WITH counted AS MATERIALIZED (
    SELECT t.id, t.card_count, CASE WHEN jsonb_typeof(t.cards) = 'array' THEN jsonb_array_length(t.cards) END AS cards
    FROM tarot_readings t
),
sizes AS (
    SELECT c.card_count, count(*) AS rows, count(*) FILTER (WHERE c.cards = c.card_count) AS agree
    FROM counted c
    GROUP BY c.card_count
),
kept AS MATERIALIZED (
    SELECT z.card_count, z.rows,
           z.agree * 100 >= z.rows * 95 OR z.rows - z.agree < 3 AND z.agree >= (z.rows - z.agree) * 3 AS counts
    FROM sizes z
),
left_out AS (
    SELECT sum(k.rows) AS rows, sum(k.rows) FILTER (WHERE NOT k.counts) AS out
    FROM kept k
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, NULL::currency AS unit,
       c.card_count AS expected, c.cards AS actual,
       format('Reading %s of user %s says that it has %s cards, and holds %s.', t.id, t.user_id, c.card_count,
              coalesce(c.cards::text, 'no list of them')) AS message,
       NULL AS skipped
FROM counted c
JOIN kept k ON k.card_count = c.card_count AND k.counts
JOIN tarot_readings t ON t.id = c.id
WHERE c.cards IS DISTINCT FROM c.card_count
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       format('%s of %s readings were not compared: too many of their size keep something else in cards than one element for each card',
              o.out, o.rows)
FROM left_out o
WHERE o.out > 0
