-- Takes the payments away.

DROP TABLE public.payments;
