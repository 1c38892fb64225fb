-- title: Clones
-- reads: ai_clones, ai_tasks
-- counts: created, given work
-- why: How many clones are made, of which models, and how many of them are given work.
SELECT date_trunc($3, c.created_at, $4) AS at, 'created' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM ai_clones c
WHERE c.created_at >= $1 AND c.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, c.created_at, $4), format('created: %s', c.model_type), count(*), NULL
FROM ai_clones c
WHERE c.created_at >= $1 AND c.created_at < $2
GROUP BY 1, c.model_type
UNION ALL
SELECT date_trunc($3, t.created_at, $4), 'given work', count(DISTINCT t.clone_id), NULL
FROM ai_tasks t
WHERE t.created_at >= $1 AND t.created_at < $2
GROUP BY 1
