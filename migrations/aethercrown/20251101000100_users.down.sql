-- Takes the people away, and then the function that their trigger calls.

DROP TABLE public.users;

DROP FUNCTION public.update_updated_at_column();
