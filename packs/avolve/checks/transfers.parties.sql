-- title: Each transaction has two sides that differ
-- severity: error
-- reads: token_transactions, users
-- why: A transfer to oneself moves nothing and hides what happened, and one between nobody and nobody counts for no
--   account.
-- cause: A transfer was written past the function that checks it, or the user of one side was removed.
-- remedy: Find out what was meant, record it as a transfer, mint or burn, and acknowledge this finding.

SELECT 'token_transactions' AS table_name, e.id AS key, coalesce(e.from_user_id, e.to_user_id) AS account,
       e.token_type AS unit,
       CASE WHEN e.from_user_id IS NOT DISTINCT FROM e.to_user_id THEN 'two different sides' ELSE 'a user' END AS expected,
       CASE WHEN e.from_user_id IS NULL AND e.to_user_id IS NULL THEN 'none'
            WHEN e.from_user_id = e.to_user_id THEN 'one'
            ELSE 'missing' END AS actual,
       CASE WHEN e.from_user_id IS NULL AND e.to_user_id IS NULL THEN
                format('Transaction %s over %s %s has neither sender nor receiver.', e.id, e.amount, e.token_type)
            WHEN e.from_user_id = e.to_user_id THEN
                format('Transaction %s moves %s %s from user %s to themselves.', e.id, e.amount, e.token_type, e.from_user_id)
            WHEN e.from_user_id IS NOT NULL AND s.id IS NULL THEN
                format('Transaction %s takes %s %s from user %s, who does not exist.', e.id, e.amount, e.token_type, e.from_user_id)
            ELSE format('Transaction %s gives %s %s to user %s, who does not exist.', e.id, e.amount, e.token_type, e.to_user_id)
       END AS message,
       e.id AS first_bad_entry
FROM token_transactions e
LEFT JOIN users s ON s.id = e.from_user_id
LEFT JOIN users r ON r.id = e.to_user_id
WHERE e.from_user_id IS NOT DISTINCT FROM e.to_user_id
   OR (e.from_user_id IS NOT NULL AND s.id IS NULL)
   OR (e.to_user_id IS NOT NULL AND r.id IS NULL)
