-- reads: job_attempts
-- One row per attempt of a job. at is when it was written down, by which an index finds those of a time.
SELECT a.job_id,
       a.attempt_number AS number,
       a.worker_id AS worker,
       a.created_at AS at,
       a.started_at,
       a.finished_at,
       a.success AS succeeded,
       a.error
FROM job_attempts a
