-- Takes the tokens away: the ledger, the balances and the kinds. That the ledger is append-only does not keep its owner
-- from dropping it.

DROP FUNCTION public.burn_tokens(uuid, numeric, text);
DROP FUNCTION public.mint_tokens(uuid, numeric, text);
DROP FUNCTION public.transfer_tokens(uuid, uuid, numeric, text);
DROP FUNCTION public.move_tokens(uuid, uuid, numeric, text);

DROP TABLE public.token_transactions;
DROP TABLE public.token_balances;
DROP TABLE public.token_types;
