-- title: A transition disappears from the middle
-- why: The record of a transition was removed, and later ones stayed.

WITH target AS (
    SELECT t.id, t.user_id, t.pillar, t.to_phase, n.id AS next_id
    FROM phase_transitions t
    JOIN phase_transitions n ON n.user_id = t.user_id AND n.pillar = t.pillar AND n.from_phase = t.to_phase
    WHERE t.user_id::text <> ALL ($2::text[])
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
removed AS (
    DELETE FROM phase_transitions d USING target t WHERE d.id = t.id
)
SELECT 'phase_transitions' AS table_name, t.next_id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['phases.steps'] AS checks,
       format('The transition of user %s to phase %s of pillar %s was deleted.', t.user_id, t.to_phase, t.pillar) AS message
FROM target t
