-- The jobs that an operator cancelled. A pack keeps such a job as one that gave up, so by its status alone a retry would
-- run it. bursar.change_jobs adds a row when it cancels a job, refuses to retry one that has a row unless it is told to,
-- and takes the row away when it retries or deletes the job.

CREATE TABLE bursar.cancelled_jobs (
    -- The id in one form, however it was written.
    job_key      text COLLATE "C" PRIMARY KEY,
    -- The id as it was given.
    job          text NOT NULL,
    cancelled_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    -- session_user: inside a definer function current_user is the owner and would name the wrong one.
    cancelled_by text NOT NULL DEFAULT session_user
);

-- What was cancelled before this table was there is in the operator log; what was retried since is not cancelled.
INSERT INTO bursar.cancelled_jobs (job_key, job, cancelled_at, cancelled_by)
SELECT latest.job_key, latest.job, latest.at, latest.database_role
  FROM (SELECT DISTINCT ON (bursar.id_key(j.job)) bursar.id_key(j.job) AS job_key, j.job, o.command, o.at, o.database_role
          FROM bursar.operations o
         CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(
                   CASE pg_catalog.jsonb_typeof(o.parameters -> 'jobs') WHEN 'array' THEN o.parameters -> 'jobs' END) AS j (job)
         WHERE o.command IN ('jobs cancel', 'jobs retry', 'jobs delete', 'jobs purge') AND j.job IS NOT NULL
         ORDER BY bursar.id_key(j.job), o.id DESC) AS latest
 WHERE latest.command = 'jobs cancel';

REVOKE ALL ON TABLE bursar.cancelled_jobs FROM PUBLIC;

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT rolname FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON TABLE bursar.cancelled_jobs FROM %I', v_role);
    END LOOP;
END
$$;

GRANT SELECT ON bursar.cancelled_jobs TO bursar_auditor, bursar_support, bursar_operator;
