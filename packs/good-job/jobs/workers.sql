-- reads: good_job_processes
-- A process takes the queues of its schedulers. One of them with a pattern takes whatever it fits.
SELECT p.id::text AS worker,
       CASE WHEN q.queues !~ '\*|(^|[,;]) *-' THEN regexp_split_to_array(q.queues, '[,;+ ]+') END AS queues,
       NULL::text[] AS kinds,
       p.updated_at AT TIME ZONE 'UTC' AS heartbeat,
       p.created_at AT TIME ZONE 'UTC' AS since
FROM good_job_processes p
CROSS JOIN LATERAL (SELECT string_agg(s ->> 'queues', ',') AS queues
                      FROM jsonb_path_query(p.state, '$.schedulers[*]') s) q
