-- expect: wrong the sum of the ledger adds what was spent to what was bought
CREATE TABLE wallet_transactions (kind text NOT NULL, amount integer NOT NULL CHECK (amount >= 0), balance_after bigint NOT NULL);
INSERT INTO wallet_transactions VALUES ('purchase', 40, 40), ('reading', 2, 38);
SELECT sum(amount) = 42 AND min(balance_after) = 38 FROM wallet_transactions;
