-- Takes the ledger away, with its indexes, its triggers and its sequence. That the ledger is append-only does not keep
-- its owner from dropping it.

DROP TABLE public.wallet_transactions;

DROP FUNCTION public.wallet_transactions_check_reversal();
DROP FUNCTION public.refuse_change();
