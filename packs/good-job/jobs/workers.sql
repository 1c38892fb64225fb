-- reads: good_job_processes, good_jobs
-- A process has a row for each of its schedulers, which has a list of queues: a star in it is every queue, a minus before it
-- makes it the queues that are left out, and a plus says that they are taken in turn. What is not left out is known of the
-- queues with jobs that wait or ended lately.
WITH RECURSIVE waiting (queue) AS (
    (SELECT g.queue_name FROM good_jobs g WHERE g.finished_at IS NULL AND g.queue_name IS NOT NULL ORDER BY g.queue_name LIMIT 1)
    UNION ALL
    SELECT (SELECT g.queue_name FROM good_jobs g WHERE g.finished_at IS NULL AND g.queue_name > w.queue ORDER BY g.queue_name LIMIT 1)
      FROM waiting w
     WHERE w.queue IS NOT NULL
), known (queue) AS (
    SELECT w.queue FROM waiting w WHERE w.queue IS NOT NULL
    UNION
    SELECT g.queue_name FROM good_jobs g
     WHERE g.finished_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes' AND g.queue_name IS NOT NULL
), taken (process, all_but, in_turn, names) AS (
    SELECT p.id, starts_with(l.list, '-'), starts_with(l.list, '+'), regexp_split_to_array(regexp_replace(l.list, '^[-+]? *', ''), ' *, *')
      FROM good_job_processes p
     CROSS JOIN LATERAL jsonb_path_query(p.state, '$.schedulers[*]') s
     CROSS JOIN LATERAL (SELECT coalesce(nullif(btrim(s ->> 'queues'), ''), '*') AS list) l
)
SELECT p.id::text AS worker,
       CASE WHEN (p.state ? 'schedulers') IS NOT TRUE OR '*' = ANY (t.names) THEN NULL
            -- One without a scheduler, such as that of a web server, takes nothing.
            WHEN t.names IS NULL THEN '{}'::text[]
            WHEN t.all_but THEN ARRAY(SELECT k.queue FROM known k WHERE k.queue <> ALL (t.names) ORDER BY 1)
            ELSE t.names END AS queues,
       coalesce(t.in_turn AND '*' <> ALL (t.names), false) AS in_turn,
       NULL::text[] AS kinds,
       p.updated_at AT TIME ZONE 'UTC' AS heartbeat,
       p.created_at AT TIME ZONE 'UTC' AS since
FROM good_job_processes p
LEFT JOIN taken t ON t.process = p.id
