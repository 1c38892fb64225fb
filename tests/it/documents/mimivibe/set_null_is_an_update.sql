-- expect: 23001
-- Entries are said to be immutable, and their foreign key rewrites them when a payment goes.
CREATE TABLE payments (id integer PRIMARY KEY);
CREATE TABLE wallet_transactions (
    id integer PRIMARY KEY,
    related_payment_id integer REFERENCES payments (id) ON DELETE SET NULL
);
INSERT INTO payments VALUES (1);
INSERT INTO wallet_transactions VALUES (1, 1);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE restrict_violation;
END
$$;
CREATE TRIGGER immutable BEFORE UPDATE ON wallet_transactions FOR EACH ROW EXECUTE FUNCTION refuse();
DELETE FROM payments WHERE id = 1;
