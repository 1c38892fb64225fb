-- title: A transition lies in the future
-- why: A clock ran ahead, or somebody wrote the time by hand.

-- The last one is taken, so that the order of the others stays as it is.
WITH target AS (
    SELECT t.id, t.user_id, t.pillar
    FROM phase_transitions t
    JOIN user_progress p ON p.user_id = t.user_id AND p.pillar = t.pillar AND p.phase = t.to_phase
    WHERE t.user_id::text <> ALL ($2::text[])
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE phase_transitions d SET created_at = now() + interval '1 day' FROM target t WHERE d.id = t.id
)
SELECT 'phase_transitions' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['phases.dated'] AS checks,
       format('Transition %s of user %s in pillar %s was dated a day ahead.', t.id, t.user_id, t.pillar) AS message
FROM target t
