-- Takes accounts, profiles and roles away. The identities in auth.users stay: they are the sign-in service's. The table
-- of users goes before the functions that its triggers call.

DROP FUNCTION public.get_custom_claims(uuid);

DROP TABLE public.role_permissions;
DROP TABLE public.user_roles;
DROP TABLE public.profiles;
DROP TABLE public.users;

DROP FUNCTION public.bring_identity();
DROP FUNCTION public.require_self_or_backend(uuid);
DROP FUNCTION public.called_by_backend();
DROP FUNCTION public.refuse_change();
DROP FUNCTION public.touch_updated_at();
