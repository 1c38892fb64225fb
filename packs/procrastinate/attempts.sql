-- reads: procrastinate_events
-- One row per attempt that has ended by itself, from the event of its end and the last event of a start before it.
SELECT e.job_id,
       (SELECT count(*) FROM procrastinate_events p
         WHERE p.job_id = e.job_id AND p.id <= e.id
           AND p.type IN ('succeeded', 'failed', 'deferred_for_retry'))::integer AS number,
       NULL::text AS worker,
       e.at,
       (SELECT max(s.at) FROM procrastinate_events s
         WHERE s.job_id = e.job_id AND s.id < e.id AND s.type = 'started') AS started_at,
       e.at AS finished_at,
       e.type = 'succeeded' AS succeeded,
       NULL::text AS error
FROM procrastinate_events e
WHERE e.type IN ('succeeded', 'failed', 'deferred_for_retry')
