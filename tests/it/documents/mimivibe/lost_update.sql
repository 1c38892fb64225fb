-- expect: wrong two recordings at once leave one of them out of the balance
-- Nothing is locked between the read and the write, so the statements of two sessions may come in this order. What each
-- session read is kept in a table, because one session plays both.
CREATE TABLE users (id integer PRIMARY KEY, star_balance bigint NOT NULL);
CREATE TABLE wallet_transactions (user_id integer, amount integer, balance_after bigint);
INSERT INTO users VALUES (1, 0);
CREATE TABLE held (session integer, new_balance bigint);
INSERT INTO held SELECT 1, star_balance + 10 FROM users WHERE id = 1;
INSERT INTO held SELECT 2, star_balance + 25 FROM users WHERE id = 1;
INSERT INTO wallet_transactions SELECT 1, 10, new_balance FROM held WHERE session = 1;
UPDATE users SET star_balance = (SELECT new_balance FROM held WHERE session = 1) WHERE id = 1;
INSERT INTO wallet_transactions SELECT 1, 25, new_balance FROM held WHERE session = 2;
UPDATE users SET star_balance = (SELECT new_balance FROM held WHERE session = 2) WHERE id = 1;
SELECT u.star_balance = 25 AND (SELECT sum(amount) FROM wallet_transactions) = 35 FROM users u;
