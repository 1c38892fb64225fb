-- Takes the jobs and their attempts away.

DROP TABLE public.job_attempts;
DROP TABLE public.jobs;
