-- title: Each refund is in the state where its history ends
-- severity: error
-- reads: bursar.refunds
-- why: The history is how a disputed refund is explained: each step begins where the one before it ended.
-- cause: A refund or its history was changed past bursar's functions.
-- remedy: Ask the gateway how the refund stands (bursar refund show REFUND names it), and find out who had the rights to
--   change the rows.

WITH steps AS (
    SELECT t.refund, t.position, t.from_state, t.to_state,
           lag(t.to_state) OVER (PARTITION BY t.refund ORDER BY t.position) AS before,
           lag(t.position, 1, 0) OVER (PARTITION BY t.refund ORDER BY t.position) AS position_before,
           lead(t.position) OVER (PARTITION BY t.refund ORDER BY t.position) IS NULL AS last
    FROM {refund_transitions} t
)
SELECT 'bursar.refund_transitions' AS table_name, format('%s, step %s', s.refund, s.position) AS key, r.account,
       r.currency AS unit, coalesce(s.before, 'new') AS expected, coalesce(s.from_state, 'new') AS actual,
       format('Step %s of refund %s begins at %s, and the step before it ended at %s.', s.position, s.refund,
              coalesce(s.from_state, 'new'), coalesce(s.before, 'new')) AS message
FROM steps s
LEFT JOIN {refunds} r ON r.id = s.refund
WHERE s.from_state IS DISTINCT FROM s.before OR s.position <> s.position_before + 1
UNION ALL
SELECT 'bursar.refunds', r.id::text, r.account, r.currency, coalesce(s.to_state, 'a history'), r.state,
       format('Refund %s of payment %s is %s, and its history ends with %s.', r.id, r.payment, r.state,
              coalesce(s.to_state, 'nothing'))
FROM {refunds} r
LEFT JOIN steps s ON s.refund = r.id AND s.last
WHERE r.state IS DISTINCT FROM s.to_state
