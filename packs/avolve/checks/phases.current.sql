-- title: The phase is that of the last transition
-- severity: error
-- reads: user_progress, phase_transitions
-- why: The phase decides what somebody sees and may do, and the transitions are the record of how they got there.
-- cause: The phase was set by hand, or a transition was written or removed without the other.
-- remedy: If the record is right, set user_progress.phase to the phase of the last transition; if the phase is, find out
--   how the user came there, and acknowledge this finding.

-- Whoever has no transition yet is where everybody begins. Transitions of one instant are put in the order of their
-- phases, because a way leads forward only.
WITH last AS (
    SELECT DISTINCT ON (t.user_id, t.pillar) t.user_id, t.pillar, t.id, t.to_phase
    FROM phase_transitions t
    ORDER BY t.user_id, t.pillar, t.created_at DESC, t.to_phase DESC, t.id DESC
)
SELECT 'user_progress' AS table_name, p.id AS key, p.user_id AS account, NULL::text AS unit,
       coalesce(l.to_phase, 'discovery') AS expected, p.phase AS actual,
       CASE WHEN l.id IS NULL THEN
                format('User %s is in phase %s of pillar %s, but no transition led there.', p.user_id, p.phase, p.pillar)
            ELSE format('User %s is in phase %s of pillar %s, but the last transition, %s, led to %s.',
                        p.user_id, p.phase, p.pillar, l.id, l.to_phase) END AS message,
       l.id AS first_bad_entry
FROM user_progress p
LEFT JOIN last l ON l.user_id = p.user_id AND l.pillar = p.pillar
WHERE p.phase <> coalesce(l.to_phase, 'discovery')
UNION ALL
SELECT 'phase_transitions', l.id, l.user_id, NULL, l.to_phase, NULL,
       format('Transition %s led user %s to phase %s of pillar %s, which they have not begun.',
              l.id, l.user_id, l.to_phase, l.pillar),
       l.id
FROM last l
WHERE NOT EXISTS (SELECT FROM user_progress p WHERE p.user_id = l.user_id AND p.pillar = l.pillar)
