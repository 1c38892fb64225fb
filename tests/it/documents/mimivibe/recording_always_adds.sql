-- expect: wrong recording a reading adds its price to the balance
-- The three statements of the recording code, in its order: read, insert, write.
CREATE TABLE users (id integer PRIMARY KEY, star_balance bigint NOT NULL);
CREATE TABLE wallet_transactions (user_id integer, kind text, amount integer, balance_after bigint);
INSERT INTO users VALUES (1, 10);
CREATE TABLE held AS SELECT star_balance + 2 AS new_balance FROM users WHERE id = 1;
INSERT INTO wallet_transactions SELECT 1, 'reading', 2, new_balance FROM held;
UPDATE users SET star_balance = (SELECT new_balance FROM held) WHERE id = 1;
SELECT star_balance = 12 FROM users WHERE id = 1;
