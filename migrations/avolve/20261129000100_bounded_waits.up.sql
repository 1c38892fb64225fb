-- Any login may take an advisory lock. Those that these functions take are waited for, so a stranger who holds one would
-- keep others waiting for ever: they give up in time (55P03) instead.
ALTER FUNCTION public.user_consent_order() SET lock_timeout = '5s';
ALTER FUNCTION public.create_activity_log_partition(date) SET lock_timeout = '10s';
