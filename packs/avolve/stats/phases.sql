-- title: Phases
-- reads: user_progress, phase_transitions
-- counts: pillars begun
-- why: How many pillars are begun, and how many people get from one phase to the next.

SELECT date_trunc($3, p.created_at, $4) AS at, 'pillars begun' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM user_progress p
WHERE p.created_at >= $1 AND p.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, t.created_at, $4), 'reached ' || t.to_phase::text, count(*)::numeric, NULL
FROM phase_transitions t
WHERE t.created_at >= $1 AND t.created_at < $2
GROUP BY 1, 2
ORDER BY 1, 2
