-- title: Readings
-- reads: tarot_readings
-- counts: readings, users
-- why: How many readings are given, of which kinds, to how many people, and how long they take.
SELECT date_trunc($3, r.created_at, $4) AS at, 'readings' AS metric, count(*)::numeric AS value, NULL::text AS unit
FROM tarot_readings r
WHERE r.created_at >= $1 AND r.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, r.created_at, $4), format('readings: %s cards', r.card_count), count(*), NULL
FROM tarot_readings r
WHERE r.created_at >= $1 AND r.created_at < $2
GROUP BY 1, r.card_count
UNION ALL
SELECT date_trunc($3, r.created_at, $4), format('readings: in %s', coalesce(r.question_locale, 'no language')), count(*), NULL
FROM tarot_readings r
WHERE r.created_at >= $1 AND r.created_at < $2
GROUP BY 1, r.question_locale
UNION ALL
SELECT date_trunc($3, r.created_at, $4), 'users', count(DISTINCT r.user_id), NULL
FROM tarot_readings r
WHERE r.created_at >= $1 AND r.created_at < $2
GROUP BY 1
UNION ALL
SELECT date_trunc($3, r.created_at, $4), 'median time to make',
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY r.processing_time_ms)::numeric), 'ms'
FROM tarot_readings r
WHERE r.created_at >= $1 AND r.created_at < $2 AND r.processing_time_ms IS NOT NULL
GROUP BY 1
