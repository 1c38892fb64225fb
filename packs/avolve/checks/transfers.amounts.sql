-- title: Each transaction moves a possible amount
-- severity: error
-- reads: token_transactions
-- why: A negative amount takes tokens from whoever is said to receive them, and NaN or Infinity spoil every sum.
-- cause: A transfer was written past the function that checks it.
-- remedy: Undo what it did with a mint or a burn, and acknowledge this finding.

SELECT 'token_transactions' AS table_name, e.id AS key, coalesce(e.from_user_id, e.to_user_id) AS account,
       e.token_type AS unit, 'above 0 and finite' AS expected, coalesce(e.amount::text, 'null') AS actual,
       format('Transaction %s from %s to %s is over %s %s.', e.id, coalesce('user ' || e.from_user_id, 'nobody'),
              coalesce('user ' || e.to_user_id, 'nobody'), coalesce(e.amount::text, 'null'), e.token_type) AS message,
       e.id AS first_bad_entry
FROM token_transactions e
-- NaN counts as more than Infinity.
WHERE e.amount IS NULL OR e.amount <= 0 OR e.amount >= 'Infinity'::numeric
