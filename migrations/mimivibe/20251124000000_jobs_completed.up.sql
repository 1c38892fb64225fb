-- no-transaction
-- What ended lately, which is how the pace of a queue is told, without reading every job that ever was.
CREATE INDEX CONCURRENTLY idx_jobs_completed_at ON public.jobs (completed_at DESC) WHERE completed_at IS NOT NULL;
