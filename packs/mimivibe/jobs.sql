-- reads: jobs
-- One row per job. A job is claimed when it is queued, or has failed and its time to be tried again has come; it is the
-- worker's until its lease is over. Nothing holds a job back. Columns stand as they are, so that their indexes serve.
SELECT j.id AS job_id,
       j.job_type AS kind,
       j.status,
       j.attempts,
       j.max_attempts,
       j.worker_id AS worker,
       j.created_at,
       NULL::timestamptz AS scheduled_at,
       NULL::text AS blocked_by,
       j.next_retry_at AS retry_at,
       j.started_at,
       CASE WHEN j.status = 'processing' THEN coalesce(j.started_at, j.created_at)
                                              + make_interval(secs => coalesce(j.visibility_timeout_secs, 60)) END AS lease_until,
       j.completed_at AS finished_at,
       j.last_error_at AS failed_at,
       j.last_error AS error,
       j.payload,
       j.result,
       j.xmin::text AS version
FROM jobs j
