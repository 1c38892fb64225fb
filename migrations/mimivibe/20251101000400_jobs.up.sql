-- The state of the queue: what is to be done and every attempt at doing it. A stream in front of it may tell workers
-- that there is something to do; these rows are what counts. Users never see them, so there are no policies for users.

CREATE TABLE public.jobs (
    id                      uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    job_type                varchar(50) NOT NULL DEFAULT 'tarot_reading',
    schema_version          varchar(20) NOT NULL DEFAULT '1',
    prompt_version          varchar(50),
    dedupe_key              varchar(255) UNIQUE,
    status                  public.job_status NOT NULL DEFAULT 'queued',
    payload                 jsonb NOT NULL,
    result                  jsonb,
    attempts                integer NOT NULL DEFAULT 0,
    max_attempts            integer NOT NULL DEFAULT 5,
    visibility_timeout_secs integer DEFAULT 60,
    worker_id               varchar(255),
    last_error              text,
    last_error_at           timestamptz,
    next_retry_at           timestamptz,
    created_at              timestamptz DEFAULT pg_catalog.now(),
    updated_at              timestamptz DEFAULT pg_catalog.now(),
    started_at              timestamptz,
    completed_at            timestamptz,
    CONSTRAINT jobs_attempts_check CHECK (attempts >= 0),
    CONSTRAINT jobs_attempts_max_check CHECK (attempts <= max_attempts),
    CONSTRAINT jobs_max_attempts_check CHECK (max_attempts > 0),
    CONSTRAINT jobs_visibility_timeout_secs_check CHECK (visibility_timeout_secs > 0)
);

CREATE INDEX idx_jobs_status ON public.jobs (status);
CREATE INDEX idx_jobs_created_at ON public.jobs (created_at DESC);
CREATE INDEX idx_jobs_worker_id ON public.jobs (worker_id);
CREATE INDEX idx_jobs_status_created ON public.jobs (status, created_at DESC);
CREATE INDEX idx_jobs_retry_at ON public.jobs (next_retry_at) WHERE status = 'failed';

CREATE TRIGGER jobs_touch_updated_at
    BEFORE UPDATE ON public.jobs
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE public.job_attempts (
    id                 uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    job_id             uuid NOT NULL REFERENCES public.jobs (id) ON DELETE CASCADE,
    attempt_number     integer NOT NULL,
    worker_id          varchar(255),
    started_at         timestamptz,
    finished_at        timestamptz,
    -- Held between 0 and the largest integer: an attempt that hung for 25 days, or one during which the clock was set
    -- back, is history like any other and must be possible to write down.
    processing_time_ms integer GENERATED ALWAYS AS (
        CASE WHEN pg_catalog.isfinite(started_at) AND pg_catalog.isfinite(finished_at)
             THEN LEAST(GREATEST(EXTRACT(EPOCH FROM (finished_at - started_at)) * 1000, 0), 2147483647)::integer
        END) STORED,
    success            boolean,
    error              text,
    error_code         varchar(50),
    created_at         timestamptz DEFAULT pg_catalog.now(),
    -- Two workers that both believe to be the third attempt are one too many.
    CONSTRAINT job_attempts_job_id_attempt_number_key UNIQUE (job_id, attempt_number),
    CONSTRAINT job_attempts_processing_time_ms_check CHECK (processing_time_ms >= 0)
);

CREATE INDEX idx_job_attempts_job_id ON public.job_attempts (job_id);
CREATE INDEX idx_job_attempts_worker_id ON public.job_attempts (worker_id);
CREATE INDEX idx_job_attempts_success ON public.job_attempts (success);
CREATE INDEX idx_job_attempts_created_at ON public.job_attempts (created_at DESC);

ALTER TABLE public.jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.job_attempts ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.jobs, public.job_attempts FROM PUBLIC, anon, authenticated, service_role;
