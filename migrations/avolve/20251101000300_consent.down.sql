-- Takes the record of consent away, and then the function that its trigger calls.

DROP FUNCTION public.record_consent(uuid, text, text[]);

DROP TABLE public.user_consent;

DROP FUNCTION public.user_consent_order();
