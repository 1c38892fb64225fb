-- Takes payments, cards, readings and invites away; indexes, triggers and policies go with their tables. The extension
-- pg_trgm stays: it may have been there before, and others may use it by now.

DROP FUNCTION public.user_can_access_reading(uuid, uuid);

DROP TABLE public.user_invites;
DROP TABLE public.tarot_readings;
DROP TABLE public.user_payment_methods;
DROP TABLE public.payments;

DROP FUNCTION public.tarot_readings_keep_search();
