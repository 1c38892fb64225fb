-- title: Each transition is one step forward from where the one before it ended
-- severity: error
-- reads: phase_transitions
-- why: Phases are taken one after the other, and none is skipped, repeated or left backwards.
-- cause: A transition was written by hand, recorded after the phase had already been changed, or removed.
-- remedy: Find out which phases the user took, and acknowledge this finding; transitions are never changed.

WITH steps AS (
    SELECT t.id, t.user_id, t.pillar, t.from_phase, t.to_phase, t.created_at,
           CASE t.from_phase WHEN 'discovery' THEN 'onboarding' WHEN 'onboarding' THEN 'scaffolding'
                             WHEN 'scaffolding' THEN 'endgame' END AS next_phase,
           lag(t.to_phase, 1, 'discovery') OVER way AS reached,
           lag(t.id) OVER way AS previous_id
    FROM phase_transitions t
    -- Transitions of one instant are put in the order of their phases.
    WINDOW way AS (PARTITION BY t.user_id, t.pillar ORDER BY t.created_at, t.from_phase, t.id)
)
SELECT 'phase_transitions' AS table_name, s.id AS key, s.user_id AS account, NULL::text AS unit,
       CASE WHEN s.to_phase::text IS DISTINCT FROM s.next_phase
            THEN format('%s to %s', s.from_phase, coalesce(s.next_phase, 'nowhere'))
            ELSE format('from %s', s.reached) END AS expected,
       CASE WHEN s.to_phase::text IS DISTINCT FROM s.next_phase
            THEN format('%s to %s', s.from_phase, s.to_phase)
            ELSE format('from %s', s.from_phase) END AS actual,
       CASE WHEN s.to_phase::text IS DISTINCT FROM s.next_phase
            THEN format('Transition %s took user %s from phase %s to phase %s of pillar %s, which is not one step forward.',
                        s.id, s.user_id, s.from_phase, s.to_phase, s.pillar)
            WHEN s.previous_id IS NULL
            THEN format('Transition %s, the first of user %s in pillar %s, begins at phase %s and not at %s.',
                        s.id, s.user_id, s.pillar, s.from_phase, s.reached)
            ELSE format('Transition %s of user %s in pillar %s begins at phase %s, but the one before it, %s, ended at %s.',
                        s.id, s.user_id, s.pillar, s.from_phase, s.previous_id, s.reached) END AS message,
       s.id AS first_bad_entry
FROM steps s
WHERE s.to_phase::text IS DISTINCT FROM s.next_phase OR s.from_phase <> s.reached
