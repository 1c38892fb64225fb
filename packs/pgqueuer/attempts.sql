-- reads: pgqueuer_log
-- One row per attempt that has ended. One that is tried again is queued again, with its traceback.
SELECT e.job_id,
       (SELECT count(*) FROM pgqueuer_log p WHERE p.job_id = e.job_id AND p.id < e.id AND p.status = 'picked')::integer AS number,
       NULL::text AS worker,
       e.created AS at,
       (SELECT max(p.created) FROM pgqueuer_log p WHERE p.job_id = e.job_id AND p.id < e.id AND p.status = 'picked') AS started_at,
       e.created AS finished_at,
       e.status = 'successful' AS succeeded,
       nullif(concat_ws(': ', e.traceback ->> 'exception_type', e.traceback ->> 'exception_message'), '') AS error
FROM pgqueuer_log e
WHERE e.status IN ('successful', 'exception', 'failed') OR e.status = 'queued' AND e.traceback IS NOT NULL
