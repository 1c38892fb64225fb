-- expect: wrong a refund that credits and one that debits are the same row, and so are the two legs of an exchange
CREATE TABLE wallet_transactions (id integer PRIMARY KEY, kind text, amount integer CHECK (amount >= 0), currency text, metadata jsonb);
-- The stars of a failed reading come back, the stars of a refunded payment are taken back; then a correction of either.
INSERT INTO wallet_transactions VALUES (1, 'refund', 5, 'STAR', NULL), (2, 'refund', 5, 'STAR', NULL);
SELECT count(DISTINCT (kind, amount, currency, metadata)) = 1 FROM wallet_transactions;
