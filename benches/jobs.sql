-- A queue of so many jobs, as :jobs says: nine of ten succeeded, one of ten failed for good, some wait to be tried again, ten
-- thousand are queued, and sixty are held by workers. One a 0.8 seconds, so ten million are 93 days. Attempts are kept of the last eight days.
ALTER TABLE jobs DISABLE TRIGGER USER;
DROP INDEX idx_jobs_status, idx_jobs_created_at, idx_jobs_worker_id, idx_jobs_status_created, idx_jobs_retry_at, idx_jobs_completed_at;
ALTER TABLE jobs DROP CONSTRAINT jobs_dedupe_key_key;
INSERT INTO jobs (id, job_type, dedupe_key, status, payload, result, attempts, max_attempts, visibility_timeout_secs, worker_id,
                  last_error, last_error_at, next_retry_at, created_at, updated_at, started_at, completed_at)
SELECT gen_random_uuid(), CASE WHEN i % 10 = 0 THEN 'daily_card' ELSE 'tarot_reading' END, 'k' || i, s::job_status,
       jsonb_build_object('user_id', md5((i % 50000)::text), 'card_count', 1 + i % 5),
       CASE s WHEN 'succeeded' THEN '{"ok": true}'::jsonb END,
       CASE s WHEN 'dlq' THEN 5 WHEN 'queued' THEN 0 WHEN 'failed' THEN 2 ELSE 1 END, 5, 60,
       CASE WHEN s <> 'queued' THEN 'worker-' || i % 20 END,
       CASE WHEN s IN ('dlq', 'failed') THEN
           CASE i % 4 WHEN 0 THEN 'timeout after ' || i % 5000 || ' ms'
                      WHEN 1 THEN 'user ' || md5(i::text) || ' has no card ''' || i % 78 || ''''
                      WHEN 2 THEN 'the answer is not valid JSON'
                      ELSE '429 from the model provider, request req_' || i END END,
       CASE WHEN s IN ('dlq', 'failed') THEN at + interval '2 minutes' END,
       CASE s WHEN 'failed' THEN now() + (i % 600 - 60) * interval '1 second' END,
       at, at, CASE s WHEN 'queued' THEN NULL WHEN 'processing' THEN now() - interval '10 seconds' ELSE at + interval '1 second' END,
       CASE WHEN s IN ('succeeded', 'dlq') THEN at + interval '2 minutes' END
FROM (SELECT i, now() - ({jobs} - i) * interval '0.8 seconds' AS at,
             CASE WHEN i > {jobs} - 60 THEN 'processing' WHEN i > {jobs} - 10000 THEN 'queued'
                  WHEN i % 200 = 0 THEN 'failed' WHEN i % 10 IN (3) THEN 'dlq' ELSE 'succeeded' END AS s
      FROM generate_series(1, {jobs}) i) g;
INSERT INTO job_attempts (job_id, attempt_number, worker_id, started_at, finished_at, success, error, created_at)
SELECT id, 1, worker_id, started_at, CASE WHEN status <> 'processing' THEN started_at + interval '8 seconds' END,
       CASE WHEN status <> 'processing' THEN status = 'succeeded' END, last_error, started_at
FROM jobs
WHERE started_at IS NOT NULL AND created_at > now() - interval '8 days';
CREATE INDEX idx_jobs_status ON public.jobs (status);
CREATE INDEX idx_jobs_created_at ON public.jobs (created_at DESC);
CREATE INDEX idx_jobs_worker_id ON public.jobs (worker_id);
CREATE INDEX idx_jobs_status_created ON public.jobs (status, created_at DESC);
CREATE INDEX idx_jobs_retry_at ON public.jobs (next_retry_at) WHERE status = 'failed';
CREATE INDEX idx_jobs_completed_at ON public.jobs (completed_at DESC) WHERE completed_at IS NOT NULL;
ALTER TABLE jobs ADD CONSTRAINT jobs_dedupe_key_key UNIQUE (dedupe_key);
ALTER TABLE jobs ENABLE TRIGGER USER;
