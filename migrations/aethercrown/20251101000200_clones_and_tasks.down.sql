-- Takes the clones and their tasks away.

DROP TABLE public.ai_tasks;
DROP TABLE public.ai_clones;
