-- title: Progress
-- reads: module_progress
-- incomparable: active, finished, average progress
-- why: How many begin modules, go on with them and finish them. A module counts where its last activity lies, because
--   earlier activity is not kept.

WITH buckets AS (
    SELECT b.at
    FROM generate_series(date_trunc($3::text, $1::timestamptz AT TIME ZONE $4::text),
                         date_trunc($3::text, ($2::timestamptz - interval '1 microsecond') AT TIME ZONE $4::text),
                         ('1 ' || $3::text)::interval) AS b (at)
),
begun AS (
    SELECT date_trunc($3::text, p.created_at AT TIME ZONE $4::text) AS at, count(*) AS modules
    FROM module_progress p
    WHERE p.created_at >= $1::timestamptz AND p.created_at < $2::timestamptz
    GROUP BY 1
),
active AS (
    SELECT date_trunc($3::text, p.last_activity AT TIME ZONE $4::text) AS at, count(*) AS modules,
           count(*) FILTER (WHERE p.progress_percentage = 100) AS finished,
           round(avg(p.progress_percentage), 1) AS percentage
    FROM module_progress p
    WHERE p.last_activity >= $1::timestamptz AND p.last_activity < $2::timestamptz
    GROUP BY 1
)
SELECT b.at AT TIME ZONE $4::text AS at, m.metric, m.value, m.unit
FROM buckets b
LEFT JOIN begun n ON n.at = b.at
LEFT JOIN active a ON a.at = b.at
CROSS JOIN LATERAL (VALUES
    ('begun', coalesce(n.modules, 0)::numeric, 'modules'), ('active', coalesce(a.modules, 0)::numeric, 'modules'),
    ('finished', coalesce(a.finished, 0)::numeric, 'modules'), ('average progress', a.percentage, '%')
) AS m (metric, value, unit)
WHERE m.value IS NOT NULL
ORDER BY 1, m.metric
