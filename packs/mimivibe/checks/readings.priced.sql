-- title: Readings have the usual price for their number of cards
-- severity: warn
-- reads: tarot_readings, wallet_transactions
-- why: A reading that costs less than the others of its kind gives stars away, and every sum still agrees.
-- cause: The price was taken from the browser, or the reading or its debit was changed by hand.
-- remedy: Compare it with the price of its day. Debit what is missing with wallet_adjust. A price that was right is
--   accepted with --write-baseline.

-- A price is unusual if less than one reading in a hundred of as many cards has it, of at least 200.
WITH paid AS NOT MATERIALIZED (
    SELECT t.id, t.user_id, t.card_count, e.id AS entry_id, e.currency, e.amount
    FROM tarot_readings t
    JOIN wallet_transactions e ON e.related_reading_id = t.id AND e.transaction_type = 'reading' AND e.amount > 0
),
prices AS MATERIALIZED (
    SELECT p.card_count, p.amount, count(*) AS readings, sum(count(*)) OVER (PARTITION BY p.card_count) AS of
    FROM paid p
    GROUP BY p.card_count, p.amount
)
SELECT 'tarot_readings' AS table_name, p.id AS key, p.user_id AS account, p.currency AS unit,
       'a usual price' AS expected, p.amount AS actual,
       format('Reading %s of user %s with %s cards cost %s %s, as %s of %s did.', p.id, p.user_id, p.card_count, p.amount,
              p.currency, s.readings, s.of) AS message,
       p.entry_id AS first_bad_entry
FROM prices s
JOIN paid p ON p.card_count = s.card_count AND p.amount = s.amount
WHERE s.readings * 100 < s.of AND s.of >= 200
