-- expect: wrong a payment whose success is announced twice is credited twice
CREATE TABLE users (id integer PRIMARY KEY, star_balance bigint NOT NULL DEFAULT 0);
CREATE TABLE payments (id integer PRIMARY KEY, status text NOT NULL);
CREATE TABLE wallet_transactions (user_id integer, amount integer, balance_after bigint, related_payment_id integer REFERENCES payments);
INSERT INTO users VALUES (1);
INSERT INTO payments VALUES (7, 'succeeded');
DO $$
BEGIN
    FOR delivery IN 1..2 LOOP
        IF (SELECT status FROM payments WHERE id = 7) = 'succeeded' THEN
            UPDATE users SET star_balance = star_balance + 40 WHERE id = 1;
            INSERT INTO wallet_transactions SELECT id, 40, star_balance, 7 FROM users WHERE id = 1;
        END IF;
    END LOOP;
END
$$;
SELECT star_balance = 80 FROM users WHERE id = 1;
