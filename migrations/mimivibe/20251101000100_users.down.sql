-- Takes the people and the vocabularies away. The table goes first: its triggers, its defaults and its columns use the
-- functions and the types.

DROP TABLE public.users;

DROP FUNCTION public.is_admin(uuid);
DROP FUNCTION public.invite_reward_for_tier(integer, public.user_tier);
DROP FUNCTION public.tier_for_invites(integer);
DROP FUNCTION public.new_invite_code();
DROP FUNCTION public.touch_updated_at();

DROP TYPE public.transaction_type;
DROP TYPE public.job_status;
DROP TYPE public.payment_status;
DROP TYPE public.currency;
DROP TYPE public.user_tier;
