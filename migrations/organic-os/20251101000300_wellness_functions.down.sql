-- Takes the figures away; the entries that they were counted from stay.

DROP FUNCTION public.get_wellness_streak(uuid);
DROP FUNCTION public.wellness_streak_on(uuid, date);
DROP FUNCTION public.get_wellness_stats(uuid, integer);
DROP FUNCTION public.wellness_stats_on(uuid, integer, date);
