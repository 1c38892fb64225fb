-- title: The last transition disappears
-- why: The record of a transition was removed, and the phase stayed.

WITH target AS (
    SELECT t.id, t.user_id, t.pillar, t.to_phase, p.id AS progress_id
    FROM phase_transitions t
    JOIN user_progress p ON p.user_id = t.user_id AND p.pillar = t.pillar AND p.phase = t.to_phase
    WHERE t.user_id::text <> ALL ($2::text[])
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
removed AS (
    DELETE FROM phase_transitions d USING target t WHERE d.id = t.id
)
SELECT 'user_progress' AS table_name, t.progress_id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['phases.current'] AS checks,
       format('The transition of user %s to phase %s of pillar %s was deleted.', t.user_id, t.to_phase, t.pillar) AS message
FROM target t
