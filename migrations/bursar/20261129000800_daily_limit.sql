-- A limit for each login and day, beside the one for each payment. The limit of a payment bounds one refund; a login whose
-- password is lost could make any number of them.

ALTER TABLE bursar.settings
    -- squawk-ignore ban-drop-constraint -- it is made again with one more name
    DROP CONSTRAINT settings_name_check,
    -- squawk-ignore ban-drop-constraint -- it is made again below, where an earlier try left it
    DROP CONSTRAINT IF EXISTS settings_support_daily_limit_check,
    -- squawk-ignore constraint-missing-not-valid -- the table has a handful of rows
    ADD CONSTRAINT settings_name_check
        CHECK (name IN ('protected', 'refund_limit', 'adjust_limit', 'support_daily_limit')),
    -- squawk-ignore constraint-missing-not-valid -- no row has this name yet
    ADD CONSTRAINT settings_support_daily_limit_check
        CHECK (name <> 'support_daily_limit' OR pg_catalog.btrim(value) <> '');

-- What a setting says of a currency, in minor units of it; null where there is no such setting. It names currencies, as in
-- "THB 5000.00, USD 150"; one that it does not name has the limit 0, and so has each one where the setting cannot be read.
CREATE FUNCTION bursar.currency_limit(p_setting text, p_currency text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE((SELECT pg_catalog.trunc(m[2]::numeric
                            * pg_catalog.power(10::numeric, bursar.currency_digits(p_currency)::numeric))::bigint
                       FROM pg_catalog.regexp_matches(s.value, '\m([A-Z]{3}) ([0-9]{1,15}(?:\.[0-9]{1,4})?)(?:,|$)', 'g') AS m
                      WHERE m[1] = p_currency
                      LIMIT 1), 0)
      FROM bursar.settings s
     WHERE s.name = p_setting
$$;

CREATE OR REPLACE FUNCTION bursar.refund_limit(p_currency text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT bursar.currency_limit('refund_limit', p_currency)
$$;

-- The logins that the limit holds for. A row is locked while its login asks for a refund, so that two requests at once do
-- not both find room for the last amount. Nobody but that login waits for it.
CREATE TABLE bursar.refund_logins (
    login text COLLATE "C" PRIMARY KEY
);

COMMENT ON TABLE bursar.refund_logins IS 'Logins that support_daily_limit holds for. Each row is a lock.';

-- Whether this login has come to the end of what it may refund alone in 24 hours. Counted is what it asked for by itself
-- and what was not undone; what a second person agreed to leaves room. With p_lock the answer stays true until the
-- transaction ends.
CREATE FUNCTION bursar.refund_day_is_full(p_amount bigint, p_currency text, p_lock boolean) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_limit bigint := bursar.currency_limit('support_daily_limit', p_currency);
    v_alone numeric;
BEGIN
    IF v_limit IS NULL OR bursar.may_operate() THEN
        RETURN false;
    END IF;
    IF p_lock THEN
        INSERT INTO bursar.refund_logins (login) VALUES (session_user) ON CONFLICT DO NOTHING;
        PERFORM FROM bursar.refund_logins l WHERE l.login = session_user FOR UPDATE;
    END IF;
    SELECT COALESCE(pg_catalog.sum(r.amount), 0)
      INTO v_alone
      FROM bursar.refunds r
     WHERE r.requested_by = session_user AND r.currency = p_currency AND r.origin = 'bursar' AND r.decided_by IS NULL
       AND r.state NOT IN ('awaiting_approval', 'rejected', 'failed', 'canceled')
       AND r.created_at > pg_catalog.clock_timestamp() - pg_catalog.make_interval(hours => 24);
    RETURN v_alone + p_amount > v_limit;
END
$$;

-- The terms of a payment, with what its login may do. A refund that is approved was asked for by another login, whose
-- limit it does not touch.
-- squawk-ignore renaming-object -- only bursar's own functions call it, and one of its name follows
ALTER FUNCTION bursar.refund_terms(text, bigint, text, boolean, boolean, uuid) RENAME TO refund_terms_of_payment;

CREATE FUNCTION bursar.refund_terms(
    p_payment text, p_amount bigint, p_if_spent text, p_again boolean, p_lock boolean, p_except uuid DEFAULT NULL
) RETURNS bursar.refund_terms
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v bursar.refund_terms;
BEGIN
    v := bursar.refund_terms_of_payment(p_payment, p_amount, p_if_spent, p_again, p_lock, p_except);
    IF p_except IS NULL AND v.problem IS NULL AND NOT v.needs_approval THEN
        v.needs_approval := bursar.refund_day_is_full(v.amount, v.currency, p_lock);
    END IF;
    RETURN v;
END
$$;

SELECT bursar.close_to_strangers();
