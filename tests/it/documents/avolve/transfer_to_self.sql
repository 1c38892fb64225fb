-- expect: wrong somebody sends tokens to themselves
CREATE TABLE token_balances (user_id integer, token_type text, balance numeric);
CREATE TABLE token_transactions (from_user_id integer, to_user_id integer, amount numeric, token_type text);
INSERT INTO token_balances VALUES (1, 'GROW', 10), (2, 'GROW', 0);
-- The steps of the function: look whether the sender has enough, then write the entry.
CREATE FUNCTION transfer(f integer, t integer, a numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM token_balances WHERE user_id = f AND token_type = 'GROW' AND balance >= a) THEN
        RAISE EXCEPTION 'Insufficient balance';
    END IF;
    INSERT INTO token_transactions VALUES (f, t, a, 'GROW');
END
$$;
SELECT transfer(1, 1, 5);
SELECT count(*) = 1 FROM token_transactions WHERE from_user_id = to_user_id;
