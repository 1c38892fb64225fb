-- title: A job whose worker died
-- why: The worker was lost while it held the job.

WITH target AS (
    SELECT u.id AS account, md5('job ' || u.id || $1::bigint)::uuid AS id
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO jobs (id, status, payload, attempts, max_attempts, worker_id, created_at, started_at)
    SELECT t.id, 'processing', jsonb_build_object('user_id', t.account), 1, 5, 'worker-lost',
           now() - interval '2 days', now() - interval '2 days'
    FROM target t
),
tried AS (
    INSERT INTO job_attempts (job_id, attempt_number, worker_id, started_at, created_at)
    SELECT t.id, 1, 'worker-lost', now() - interval '2 days', now() - interval '2 days'
    FROM target t
)
SELECT 'jobs' AS table_name, t.id AS key, t.account, NULL::currency AS unit, ARRAY['jobs.stuck'] AS checks,
       format('Job %s of user %s has been processing for two days.', t.id, t.account) AS message
FROM target t
