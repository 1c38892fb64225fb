-- Takes the log away with all its partitions. A month that was detached and kept is no partition and stays.

DROP FUNCTION public.ensure_activity_log_partitions(integer);
DROP FUNCTION public.create_activity_log_partition(date);

DROP TABLE public.activity_logs;
