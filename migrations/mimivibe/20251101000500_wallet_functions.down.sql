-- Takes the wallet's functions away. Balances and ledger stay as they are, and from here on nobody but the owner of the
-- tables can change them.

DROP FUNCTION public.expire_invites();
DROP FUNCTION public.wallet_adjust(uuid, public.currency, bigint, text, text, text);
DROP FUNCTION public.wallet_reverse(uuid);
DROP FUNCTION public.wallet_exchange(uuid, bigint, bigint);
DROP FUNCTION public.wallet_invite_reward(uuid, uuid);
DROP FUNCTION public.wallet_refund_reading(uuid);
DROP FUNCTION public.wallet_reading(uuid, text, text, integer, jsonb, jsonb, integer, uuid, jsonb, integer);
DROP FUNCTION public.wallet_refund_payment(uuid, bigint);
DROP FUNCTION public.wallet_purchase(uuid);
DROP FUNCTION public.wallet_apply(uuid, public.transaction_type, public.currency, bigint, jsonb, uuid, uuid, uuid);
DROP FUNCTION public.wallet_lock_user(uuid);
DROP FUNCTION public.wallet_entry_sign(public.transaction_type, public.currency, jsonb, uuid);
