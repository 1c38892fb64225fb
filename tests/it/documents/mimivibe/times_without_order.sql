-- expect: wrong two entries of one transaction share a time, and nothing else tells their order
CREATE TABLE wallet_transactions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    balance_after bigint NOT NULL,
    created_at timestamptz DEFAULT now()
);
DO $$
BEGIN
    INSERT INTO wallet_transactions (balance_after) VALUES (10);
    PERFORM pg_sleep(0.01);
    INSERT INTO wallet_transactions (balance_after) VALUES (30);
END
$$;
SELECT count(*) = 2 AND count(DISTINCT created_at) = 1 FROM wallet_transactions;
