-- title: A reading has as many cards as it says
-- severity: error
-- reads: tarot_readings
-- why: Readings are priced by card_count. One that holds more cards than it says was paid for as a smaller one.
-- cause: The number of cards was taken from the browser, or the reading was changed by hand.
-- remedy: Set card_count to the cards that the user got, and debit or give back the difference with wallet_adjust.

SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, NULL::currency AS unit,
       t.card_count AS expected, c.cards AS actual,
       format('Reading %s of user %s says that it has %s cards, and holds %s.', t.id, t.user_id, t.card_count,
              coalesce(c.cards::text, 'no list of them')) AS message
FROM tarot_readings t
CROSS JOIN LATERAL (SELECT CASE WHEN jsonb_typeof(t.cards) = 'array' THEN jsonb_array_length(t.cards) END AS cards) c
WHERE c.cards IS DISTINCT FROM t.card_count
