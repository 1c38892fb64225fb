-- title: Conversations
-- reads: conversations, messages
-- why: How much people talk with the coach, and what its answers use.

WITH buckets AS (
    SELECT b.at
    FROM generate_series(date_trunc($3::text, $1::timestamptz AT TIME ZONE $4::text),
                         date_trunc($3::text, ($2::timestamptz - interval '1 microsecond') AT TIME ZONE $4::text),
                         ('1 ' || $3::text)::interval) AS b (at)
),
begun AS (
    SELECT date_trunc($3::text, c.created_at AT TIME ZONE $4::text) AS at, count(*) AS conversations
    FROM conversations c
    WHERE c.created_at >= $1::timestamptz AND c.created_at < $2::timestamptz
    GROUP BY 1
),
said AS (
    SELECT date_trunc($3::text, m.created_at AT TIME ZONE $4::text) AS at, count(DISTINCT c.user_id) AS users,
           count(*) FILTER (WHERE m.role = 'user') AS questions,
           count(*) FILTER (WHERE m.role = 'assistant') AS answers,
           sum(m.tokens_used) AS tokens
    FROM messages m
    JOIN conversations c ON c.id = m.conversation_id
    WHERE m.created_at >= $1::timestamptz AND m.created_at < $2::timestamptz
    GROUP BY 1
)
SELECT b.at AT TIME ZONE $4::text AS at, m.metric, m.value, m.unit
FROM buckets b
LEFT JOIN begun n ON n.at = b.at
LEFT JOIN said s ON s.at = b.at
CROSS JOIN LATERAL (VALUES
    ('begun', coalesce(n.conversations, 0)::numeric, 'conversations'), ('users', coalesce(s.users, 0)::numeric, 'users'),
    ('messages of users', coalesce(s.questions, 0)::numeric, 'messages'),
    ('messages of the coach', coalesce(s.answers, 0)::numeric, 'messages'),
    ('tokens used', coalesce(s.tokens, 0)::numeric, 'tokens')
) AS m (metric, value, unit)
ORDER BY 1, m.metric
