-- title: Transitions are dated between the sign-up and now
-- severity: error
-- reads: phase_transitions, users
-- why: The order of transitions is that of their times, so a time that cannot be right puts the phase in doubt.
-- cause: A clock ran ahead, or the time was written by hand.
-- remedy: Find out when it happened, and acknowledge this finding; transitions are never changed.

SELECT 'phase_transitions' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       CASE WHEN t.created_at > now() THEN format('not after %s', now()) ELSE format('not before %s', u.created_at) END AS expected,
       t.created_at AS actual,
       format('Transition %s of user %s in pillar %s is dated %s, which is %s.', t.id, t.user_id, t.pillar, t.created_at,
              CASE WHEN t.created_at > now() THEN 'in the future' ELSE 'before the user signed up' END) AS message,
       t.id AS first_bad_entry
FROM phase_transitions t
LEFT JOIN users u ON u.id = t.user_id
WHERE t.created_at > now() + interval '5 minutes' OR t.created_at < u.created_at - interval '5 minutes'
