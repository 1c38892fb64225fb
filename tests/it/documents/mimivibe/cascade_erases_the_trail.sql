-- expect: wrong deleting a user erases the entries and payments that were to be a complete audit trail
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE payments (id integer PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE wallet_transactions (id integer PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE);
INSERT INTO users VALUES (1);
INSERT INTO payments VALUES (1, 1);
INSERT INTO wallet_transactions VALUES (1, 1);
DELETE FROM users WHERE id = 1;
SELECT NOT EXISTS (SELECT FROM payments) AND NOT EXISTS (SELECT FROM wallet_transactions);
