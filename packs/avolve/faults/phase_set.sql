-- title: A phase is set by hand
-- why: The phase was changed without a transition.

WITH target AS (
    SELECT p.id, p.user_id, p.pillar, p.phase,
           CASE p.phase WHEN 'endgame' THEN 'scaffolding' WHEN 'scaffolding' THEN 'onboarding'
                        WHEN 'onboarding' THEN 'scaffolding' ELSE 'onboarding' END::experience_phase AS forged
    FROM user_progress p
    WHERE p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE user_progress p SET phase = t.forged FROM target t WHERE p.id = t.id
)
SELECT 'user_progress' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['phases.current'] AS checks,
       format('The phase of user %s in pillar %s was set from %s to %s.', t.user_id, t.pillar, t.phase, t.forged) AS message
FROM target t
