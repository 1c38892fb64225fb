-- title: Users
-- reads: users, wellness_entries, module_progress, messages, conversations
-- incomparable: active
-- why: How many people there are, how many come, and how many use it.

WITH buckets AS (
    SELECT b.at
    FROM generate_series(date_trunc($3::text, $1::timestamptz AT TIME ZONE $4::text),
                         date_trunc($3::text, ($2::timestamptz - interval '1 microsecond') AT TIME ZONE $4::text),
                         ('1 ' || $3::text)::interval) AS b (at)
),
-- An entry is of a day of the user's calendar, so the time at which it was written says when the user was here. Of a module
-- only the last activity is kept, so that an earlier window lacks some of those who came.
seen AS (
    SELECT w.user_id, w.created_at AS at FROM wellness_entries w
    WHERE w.created_at >= $1::timestamptz AND w.created_at < $2::timestamptz
    UNION ALL
    SELECT p.user_id, p.last_activity FROM module_progress p
    WHERE p.last_activity >= $1::timestamptz AND p.last_activity < $2::timestamptz
    UNION ALL
    SELECT c.user_id, m.created_at FROM messages m JOIN conversations c ON c.id = m.conversation_id
    WHERE m.created_at >= $1::timestamptz AND m.created_at < $2::timestamptz
),
active AS (
    SELECT date_trunc($3::text, s.at AT TIME ZONE $4::text) AS at, count(DISTINCT s.user_id) AS users
    FROM seen s
    GROUP BY 1
),
joined AS (
    SELECT date_trunc($3::text, u.created_at AT TIME ZONE $4::text) AS at, count(*) AS users
    FROM users u
    WHERE u.created_at >= $1::timestamptz AND u.created_at < $2::timestamptz
    GROUP BY 1
),
counted AS (
    SELECT b.at, coalesce(j.users, 0) AS joined, coalesce(a.users, 0) AS active,
           (SELECT count(*) FROM users u WHERE u.created_at < $1::timestamptz)
               + sum(coalesce(j.users, 0)) OVER (ORDER BY b.at) AS total
    FROM buckets b
    LEFT JOIN active a ON a.at = b.at
    LEFT JOIN joined j ON j.at = b.at
)
SELECT c.at AT TIME ZONE $4::text AS at, m.metric, m.value::numeric AS value, 'users' AS unit
FROM counted c
CROSS JOIN LATERAL (VALUES ('joined', c.joined), ('active', c.active), ('total', c.total)) AS m (metric, value)
ORDER BY 1, m.metric
