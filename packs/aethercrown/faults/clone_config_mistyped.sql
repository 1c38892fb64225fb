-- title: A clone whose temperature is a text
-- why: A form sent every field as text.

WITH target AS (
    SELECT c.id, c.user_id
    FROM ai_clones c
    WHERE c.user_id::text <> ALL ($2::text[])
    ORDER BY md5(c.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE ai_clones c SET config = coalesce(c.config, '{}') || '{"temperature": "warm"}'
    FROM target t
    WHERE c.id = t.id
)
SELECT 'ai_clones' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['jsonb.shape'] AS checks,
       format('The temperature of clone %s was changed to a text.', t.id) AS message
FROM target t
