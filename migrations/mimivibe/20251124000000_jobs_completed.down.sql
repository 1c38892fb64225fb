-- no-transaction
DROP INDEX CONCURRENTLY public.idx_jobs_completed_at;
