-- title: A transition leads backwards
-- why: The record was written by hand, with its phases the wrong way round. Where a constraint asks for a step forward,
--   no row is returned.

WITH target AS (
    SELECT p.id AS progress_id, p.user_id, p.pillar, md5('back ' || p.id || $1::bigint)::uuid AS id, t.to_phase
    FROM user_progress p
    JOIN phase_transitions t ON t.user_id = p.user_id AND t.pillar = p.pillar AND t.to_phase = p.phase
    WHERE p.user_id::text <> ALL ($2::text[]) AND p.phase = 'onboarding'
      AND NOT EXISTS (SELECT FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
                      WHERE c.conrelid = 'phase_transitions'::regclass AND c.contype = 'c' AND a.attname = 'to_phase')
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO phase_transitions (id, user_id, pillar, from_phase, to_phase, created_at)
    SELECT t.id, t.user_id, t.pillar, t.to_phase, 'discovery', now() FROM target t
),
changed AS (
    UPDATE user_progress p SET phase = 'discovery' FROM target t WHERE p.id = t.progress_id
)
SELECT 'phase_transitions' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['phases.steps'] AS checks,
       format('User %s was taken back from phase %s of pillar %s.', t.user_id, t.to_phase, t.pillar) AS message
FROM target t
