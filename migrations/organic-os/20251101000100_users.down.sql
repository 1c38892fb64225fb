-- Takes the people away, and then the functions that their triggers call.

DROP FUNCTION public.user_today(uuid, timestamptz);

DROP TABLE public.users;

DROP FUNCTION public.refuse_unknown_time_zones();
DROP FUNCTION public.update_updated_at_column();
