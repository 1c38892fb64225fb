-- expect: wrong a policy that forbids inserting is undone by the next policy, because both are permissive
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE wallet_transactions (id integer PRIMARY KEY);
ALTER TABLE wallet_transactions ENABLE ROW LEVEL SECURITY;
CREATE POLICY prevent_insert ON wallet_transactions FOR INSERT WITH CHECK (false);
CREATE POLICY a_later_idea ON wallet_transactions FOR INSERT WITH CHECK (id > 0);
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT INSERT ON wallet_transactions TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    INSERT INTO wallet_transactions VALUES (1);
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT EXISTS (SELECT FROM wallet_transactions);
