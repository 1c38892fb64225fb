-- expect: wrong deleting a user leaves money that belongs to nobody
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE payments (amount DECIMAL(10, 2) NOT NULL, user_id integer REFERENCES users (id) ON DELETE SET NULL);
INSERT INTO users VALUES (1);
INSERT INTO payments VALUES (29, 1);
DELETE FROM users;
SELECT user_id IS NULL AND amount = 29 FROM payments;
