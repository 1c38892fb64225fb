-- Takes the progress in the modules away.

DROP TABLE public.module_progress;
