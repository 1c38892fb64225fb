-- Takes the entries away with all their partitions. A month that was detached and kept is no partition and stays; it
-- refers to users, which then cannot be dropped either before somebody has decided about it.

DROP FUNCTION public.make_wellness_partitions(integer, integer);
DROP FUNCTION public.has_wellness_partition(date);

DROP TABLE public.wellness_entries;

DROP FUNCTION public.refuse_future_wellness();
