-- Tokens. token_transactions is the ledger: a row moves an amount from one user to another; without a sender it mints,
-- without a receiver it burns. token_balances is cached from it, one row a user and token type. Only the functions below
-- write either, and they write both.

CREATE TABLE public.token_types (
    token_type text PRIMARY KEY,
    title      text,
    -- Tokens come in three categories.
    category   smallint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT token_types_token_type_check CHECK (token_type ~ '\S'),
    CONSTRAINT token_types_category_check CHECK (category IN (3, 6, 9))
);

CREATE TABLE public.token_balances (
    id         uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    -- RESTRICT here and below: a user who ever had tokens is part of the trail.
    user_id    uuid NOT NULL REFERENCES public.users (id) ON DELETE RESTRICT,
    token_type text NOT NULL REFERENCES public.token_types (token_type) ON UPDATE RESTRICT ON DELETE RESTRICT,
    balance    numeric NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    UNIQUE (user_id, token_type),
    -- NaN counts as more than anything, Infinity included.
    CONSTRAINT token_balances_balance_check CHECK (balance >= 0 AND balance < 'Infinity'::numeric)
);

CREATE INDEX idx_token_balances_token_type ON public.token_balances (token_type);

CREATE TRIGGER token_balances_touch_updated_at
    BEFORE UPDATE ON public.token_balances
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE public.token_transactions (
    id           uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    -- RESTRICT: SET NULL would turn a transfer into a mint, and CASCADE would erase it.
    from_user_id uuid REFERENCES public.users (id) ON DELETE RESTRICT,
    to_user_id   uuid REFERENCES public.users (id) ON DELETE RESTRICT,
    amount       numeric NOT NULL,
    token_type   text NOT NULL REFERENCES public.token_types (token_type) ON UPDATE RESTRICT ON DELETE RESTRICT,
    -- now() is the start of the transaction: entries that waited for a lock would be dated in the wrong order.
    created_at   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    -- Orders entries that share a time.
    seq          bigint GENERATED ALWAYS AS IDENTITY,
    -- The writing transaction. Everything below a snapshot's oldest running transaction is final, so a reader can tell
    -- what can no longer be joined by late arrivals; times and random keys give no such line.
    arrival      xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id(),
    -- Two nulls are not distinct either, so this also asks for one of the two.
    CONSTRAINT token_transactions_parties_check CHECK (from_user_id IS DISTINCT FROM to_user_id),
    -- A number without bounds could fill a page with digits. NaN and Infinity are above the upper one.
    CONSTRAINT token_transactions_amount_check CHECK (
        amount > 0 AND amount < 1e20 AND pg_catalog.min_scale(amount) <= 18)
);

CREATE INDEX idx_token_transactions_from_user ON public.token_transactions (from_user_id, created_at DESC);
CREATE INDEX idx_token_transactions_to_user ON public.token_transactions (to_user_id, created_at DESC);
CREATE INDEX idx_token_transactions_token_type ON public.token_transactions (token_type, created_at DESC);
CREATE INDEX idx_token_transactions_created_at ON public.token_transactions (created_at DESC);
CREATE INDEX idx_token_transactions_arrival ON public.token_transactions (arrival);

CREATE TRIGGER token_transactions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON public.token_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Moves tokens: the one place where an entry and the cached balances are written. It is called by the functions below
-- and granted to nobody, so it runs with the rights of the function that calls it.
CREATE FUNCTION public.move_tokens(
    p_from_user_id uuid,
    p_to_user_id   uuid,
    p_amount       numeric,
    p_token_type   text
) RETURNS uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_wanted  uuid[] := pg_catalog.array_remove(ARRAY[p_from_user_id, p_to_user_id], NULL);
    v_found   uuid[];
    v_balance numeric;
    v_id      uuid;
BEGIN
    IF COALESCE(NOT (p_amount > 0 AND p_amount < 1e20 AND pg_catalog.min_scale(p_amount) <= 18), true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('an amount is above 0, below 10^20 and has at most 18 decimals; %s is not',
                                        COALESCE(pg_catalog.left(p_amount::text, 60), 'null'));
    END IF;
    IF p_from_user_id IS NOT DISTINCT FROM p_to_user_id THEN
        RAISE invalid_parameter_value USING MESSAGE = 'tokens move between two different users';
    END IF;
    PERFORM FROM public.token_types t WHERE t.token_type = p_token_type;
    IF NOT FOUND THEN
        RAISE no_data_found USING
            MESSAGE = pg_catalog.format('there is no token type %s', COALESCE(pg_catalog.quote_literal(p_token_type), 'null'));
    END IF;

    -- Both accounts are locked before anything is decided, and always in the order of their ids: two transfers in
    -- opposite directions wait for each other instead of for ever. The user and not the balance is locked, because a
    -- receiver may have no balance yet.
    SELECT pg_catalog.array_agg(l.id) INTO v_found
      FROM (SELECT u.id FROM public.users u WHERE u.id = ANY (v_wanted) ORDER BY u.id FOR NO KEY UPDATE) AS l;
    IF pg_catalog.cardinality(COALESCE(v_found, '{}')) < pg_catalog.cardinality(v_wanted) THEN
        RAISE no_data_found USING
            MESSAGE = pg_catalog.format('there is no user %s',
                (SELECT w.id FROM pg_catalog.unnest(v_wanted) AS w (id) WHERE w.id <> ALL (COALESCE(v_found, '{}')) LIMIT 1));
    END IF;

    IF p_from_user_id IS NOT NULL THEN
        SELECT b.balance INTO v_balance
          FROM public.token_balances b
         WHERE b.user_id = p_from_user_id AND b.token_type = p_token_type
           FOR NO KEY UPDATE;
        IF COALESCE(v_balance, 0) < p_amount THEN
            RAISE check_violation USING
                MESSAGE = pg_catalog.format('insufficient balance: %s %s needed, %s there', p_amount, p_token_type, COALESCE(v_balance, 0)),
                SCHEMA = 'public', TABLE = 'token_balances', CONSTRAINT = 'token_balances_balance_check';
        END IF;
    END IF;

    -- The clock is read here, with the locks held: the order of times is then the order of balances.
    INSERT INTO public.token_transactions (from_user_id, to_user_id, amount, token_type, created_at)
    VALUES (p_from_user_id, p_to_user_id, p_amount, p_token_type, pg_catalog.clock_timestamp())
    RETURNING id INTO v_id;
    IF p_from_user_id IS NOT NULL THEN
        UPDATE public.token_balances b
           SET balance = b.balance - p_amount
         WHERE b.user_id = p_from_user_id AND b.token_type = p_token_type;
    END IF;
    IF p_to_user_id IS NOT NULL THEN
        INSERT INTO public.token_balances AS b (user_id, token_type, balance)
        VALUES (p_to_user_id, p_token_type, p_amount)
        ON CONFLICT (user_id, token_type) DO UPDATE SET balance = b.balance + EXCLUDED.balance;
    END IF;
    RETURN v_id;
END
$$;

-- Gives tokens of one's own to somebody else. It is a definer because users may write neither ledger nor balance, and
-- the sender is whoever calls: nobody gives away what is another's, the backend neither.
CREATE FUNCTION public.transfer_tokens(
    p_from_user_id uuid,
    p_to_user_id   uuid,
    p_amount       numeric,
    p_token_type   text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF p_from_user_id IS NULL OR auth.uid() IS DISTINCT FROM p_from_user_id THEN
        RAISE insufficient_privilege USING MESSAGE = 'tokens can only be sent by the user who owns them';
    END IF;
    -- Without a receiver it would be a burn.
    IF p_to_user_id IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a transfer needs a receiver';
    END IF;
    PERFORM public.move_tokens(p_from_user_id, p_to_user_id, p_amount, p_token_type);
END
$$;

-- Makes tokens out of nothing, for the backend only. Returns the entry.
CREATE FUNCTION public.mint_tokens(p_to_user_id uuid, p_amount numeric, p_token_type text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN public.move_tokens(NULL, p_to_user_id, p_amount, p_token_type);
END
$$;

-- Takes tokens out of the world, for the backend only. Returns the entry.
CREATE FUNCTION public.burn_tokens(p_from_user_id uuid, p_amount numeric, p_token_type text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN public.move_tokens(p_from_user_id, NULL, p_amount, p_token_type);
END
$$;

ALTER TABLE public.token_types ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.token_balances ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.token_transactions ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.token_types, public.token_balances, public.token_transactions
    FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE public.token_transactions_seq_seq FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.move_tokens(uuid, uuid, numeric, text), public.transfer_tokens(uuid, uuid, numeric, text),
    public.mint_tokens(uuid, numeric, text), public.burn_tokens(uuid, numeric, text)
    FROM PUBLIC, anon, authenticated, service_role;
