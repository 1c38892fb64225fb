-- Takes the log away with all its partitions. A month that was detached and kept is no partition and stays; it refers to
-- users, which then cannot be dropped either before somebody has decided about it.

DROP FUNCTION public.maintain_activity_logs_partitions(integer);
DROP FUNCTION public.create_activity_logs_partition(date);

DROP TABLE public.activity_logs;
