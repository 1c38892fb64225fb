-- expect: wrong a user who may delete nothing empties the table, because TRUNCATE asks no policy
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE wallet_transactions (id integer PRIMARY KEY);
INSERT INTO wallet_transactions VALUES (1), (2);
ALTER TABLE wallet_transactions ENABLE ROW LEVEL SECURITY;
CREATE POLICY prevent_delete ON wallet_transactions FOR DELETE USING (false);
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON wallet_transactions TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    TRUNCATE wallet_transactions;
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT NOT EXISTS (SELECT FROM wallet_transactions);
