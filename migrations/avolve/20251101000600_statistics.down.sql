-- Takes the figures away; what they were counted from stays.

DROP FUNCTION public.get_user_consent_stats(uuid);
DROP FUNCTION public.get_user_progress_stats(uuid);
DROP FUNCTION public.refresh_user_stats();

DROP MATERIALIZED VIEW public.user_consent_stats;
DROP MATERIALIZED VIEW public.user_progress_stats;
