ALTER FUNCTION public.user_consent_order() RESET lock_timeout;
ALTER FUNCTION public.create_activity_log_partition(date) RESET lock_timeout;
