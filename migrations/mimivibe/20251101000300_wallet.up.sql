-- The ledger: one row for every change of a balance, written once and never changed. An entry stores an amount without
-- a sign; its kind, or for two kinds its metadata, says which way it goes, so these checks admit only rows whose
-- direction can be told:
--
--   purchase, invite_reward                              credit
--   reading                                              debit
--   exchange                                             debit of COIN and credit of STAR, sharing metadata.exchange_id
--   refund with metadata.reverses_entry_id               the opposite of that entry
--   refund with a related reading                        credit: a failed reading gives its stars back
--   any other refund                                     debit: the stars of a refunded payment are taken back
--   adjustment                                           as metadata.direction says

CREATE TABLE public.wallet_transactions (
    id                 uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    -- RESTRICT on all four references: SET NULL would be an update of an entry and CASCADE would erase it.
    user_id            uuid NOT NULL REFERENCES public.users (id) ON DELETE RESTRICT,
    transaction_type   public.transaction_type NOT NULL,
    amount             integer NOT NULL,
    currency           public.currency NOT NULL,
    -- The running balance of this user in this currency.
    balance_after      bigint NOT NULL,
    metadata           jsonb,
    related_payment_id uuid REFERENCES public.payments (id) ON DELETE RESTRICT,
    related_reading_id uuid REFERENCES public.tarot_readings (id) ON DELETE RESTRICT,
    related_invite_id  uuid REFERENCES public.user_invites (id) ON DELETE RESTRICT,
    -- now() is the start of the transaction: entries that waited for a lock would be dated in the wrong order.
    created_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    -- Orders entries that share a time.
    seq                bigint GENERATED ALWAYS AS IDENTITY,
    -- The writing transaction. Everything below a snapshot's oldest running transaction is final, so a reader can tell
    -- what can no longer be joined by late arrivals; times and random keys give no such line.
    arrival            xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),

    CONSTRAINT wallet_transactions_amount_check CHECK (amount >= 0),
    CONSTRAINT wallet_transactions_balance_after_check CHECK (balance_after >= 0),
    CONSTRAINT wallet_transactions_metadata_check CHECK (pg_catalog.jsonb_typeof(metadata) = 'object'),
    CONSTRAINT wallet_transactions_unit_check CHECK (
        CASE transaction_type
            WHEN 'purchase' THEN currency = 'STAR'
            WHEN 'reading' THEN currency = 'STAR'
            WHEN 'refund' THEN currency = 'STAR' OR COALESCE(metadata ? 'reverses_entry_id', false)
            WHEN 'invite_reward' THEN currency = 'COIN'
            ELSE true
        END),
    -- Identifiers in metadata are written as uuid's own output writes them, so that text and uuid compare alike.
    CONSTRAINT wallet_transactions_exchange_check CHECK (
        transaction_type <> 'exchange'
        OR COALESCE(metadata ->> 'exchange_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', false)),
    CONSTRAINT wallet_transactions_reversal_check CHECK (
        NOT COALESCE(metadata ? 'reverses_entry_id', false)
        OR (transaction_type = 'refund'
            AND COALESCE(metadata ->> 'reverses_entry_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', false))),
    CONSTRAINT wallet_transactions_adjustment_check CHECK (
        transaction_type <> 'adjustment'
        OR COALESCE(metadata ->> 'direction' IN ('credit', 'debit')
                    AND metadata ->> 'reason' ~ '\S'
                    AND metadata ->> 'operator' ~ '\S', false)),
    -- What an entry claims to be for, it names. Without its payment a purchase would be stars from nowhere, and the
    -- unique indexes below, which do not compare nulls, would let it happen twice.
    CONSTRAINT wallet_transactions_related_check CHECK (
        CASE transaction_type
            WHEN 'purchase' THEN related_payment_id IS NOT NULL
            WHEN 'reading' THEN related_reading_id IS NOT NULL
            WHEN 'invite_reward' THEN related_invite_id IS NOT NULL
            ELSE true
        END)
);

CREATE INDEX idx_wallet_transactions_user_id ON public.wallet_transactions (user_id);
CREATE INDEX idx_wallet_transactions_type ON public.wallet_transactions (transaction_type);
CREATE INDEX idx_wallet_transactions_currency ON public.wallet_transactions (currency);
CREATE INDEX idx_wallet_transactions_user_created ON public.wallet_transactions (user_id, created_at DESC);
CREATE INDEX idx_wallet_transactions_created_at ON public.wallet_transactions (created_at DESC);
CREATE INDEX idx_wallet_transactions_arrival ON public.wallet_transactions (arrival);
CREATE INDEX idx_wallet_transactions_related_payment_id ON public.wallet_transactions (related_payment_id)
    WHERE related_payment_id IS NOT NULL;
CREATE INDEX idx_wallet_transactions_related_reading_id ON public.wallet_transactions (related_reading_id)
    WHERE related_reading_id IS NOT NULL;
CREATE INDEX idx_wallet_transactions_related_invite_id ON public.wallet_transactions (related_invite_id)
    WHERE related_invite_id IS NOT NULL;

-- Things that happen once. The functions check first and answer a repeated call kindly; these hold whoever writes.
CREATE UNIQUE INDEX wallet_transactions_one_purchase_per_payment
    ON public.wallet_transactions (related_payment_id)
    WHERE transaction_type = 'purchase';
CREATE UNIQUE INDEX wallet_transactions_one_reward_per_invite
    ON public.wallet_transactions (related_invite_id)
    WHERE transaction_type = 'invite_reward';
CREATE UNIQUE INDEX wallet_transactions_one_debit_per_reading
    ON public.wallet_transactions (related_reading_id)
    WHERE transaction_type = 'reading';
CREATE UNIQUE INDEX wallet_transactions_one_give_back_per_reading
    ON public.wallet_transactions (related_reading_id)
    WHERE transaction_type = 'refund' AND related_reading_id IS NOT NULL
      AND NOT COALESCE(metadata ? 'reverses_entry_id', false);
CREATE UNIQUE INDEX wallet_transactions_one_reversal_per_entry
    ON public.wallet_transactions (((metadata ->> 'reverses_entry_id')::uuid))
    WHERE metadata ? 'reverses_entry_id';
CREATE UNIQUE INDEX wallet_transactions_one_leg_per_exchange
    ON public.wallet_transactions ((metadata ->> 'exchange_id'), currency)
    WHERE transaction_type = 'exchange';

-- Says no to a change of rows that are evidence.
CREATE FUNCTION public.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE restrict_violation USING
        MESSAGE = pg_catalog.format('%I.%I is append-only: %s is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP),
        HINT = 'Add an entry that corrects the earlier one.',
        SCHEMA = TG_TABLE_SCHEMA,
        TABLE = TG_TABLE_NAME;
END
$$;

-- A statement trigger also refuses a change that would touch no row, and one that arrives through TRUNCATE ... CASCADE.
CREATE TRIGGER wallet_transactions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON public.wallet_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- A reversal takes its direction from the entry it undoes, so that entry must exist, belong to the same account, and
-- not be a reversal itself: undoing an undoing would leave a chain of directions to follow. "Once" is the index above.
CREATE FUNCTION public.wallet_transactions_check_reversal() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_text  text := NEW.metadata ->> 'reverses_entry_id';
    v_entry public.wallet_transactions;
    v_wrong text;
BEGIN
    -- Anything that is no identifier is left to the check constraint, which says so.
    IF NOT COALESCE(v_text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', false) THEN
        RETURN NEW;
    END IF;

    SELECT * INTO v_entry FROM public.wallet_transactions w WHERE w.id = v_text::uuid;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = pg_catalog.format('there is no ledger entry %s to reverse', v_text),
            SCHEMA = 'public', TABLE = 'wallet_transactions', CONSTRAINT = 'wallet_transactions_check_reversal';
    END IF;

    v_wrong := CASE
        WHEN COALESCE(v_entry.metadata ? 'reverses_entry_id', false) THEN 'it is a reversal itself'
        WHEN v_entry.user_id <> NEW.user_id THEN 'it belongs to another user'
        WHEN v_entry.currency <> NEW.currency THEN pg_catalog.format('it is in %s, not in %s', v_entry.currency, NEW.currency)
        WHEN v_entry.amount <> NEW.amount THEN pg_catalog.format('its amount is %s, not %s', v_entry.amount, NEW.amount)
    END;
    IF v_wrong IS NOT NULL THEN
        RAISE check_violation USING
            MESSAGE = pg_catalog.format('ledger entry %s cannot be reversed so: %s', v_text, v_wrong),
            SCHEMA = 'public', TABLE = 'wallet_transactions', CONSTRAINT = 'wallet_transactions_check_reversal';
    END IF;
    RETURN NEW;
END
$$;

-- The condition keeps the trigger out of the way of every other entry.
CREATE TRIGGER wallet_transactions_check_reversal
    BEFORE INSERT ON public.wallet_transactions
    FOR EACH ROW WHEN (NEW.metadata ? 'reverses_entry_id')
    EXECUTE FUNCTION public.wallet_transactions_check_reversal();

ALTER TABLE public.wallet_transactions ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.wallet_transactions FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE public.wallet_transactions_seq_seq FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.refuse_change(), public.wallet_transactions_check_reversal()
    FROM PUBLIC, anon, authenticated, service_role;
