-- expect: wrong with row security on and no policy, as the best practices end up, the balance is never enough
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE token_balances (user_id integer, token_type text, balance numeric);
INSERT INTO token_balances VALUES (1, 'GROW', 10);
ALTER TABLE token_balances ENABLE ROW LEVEL SECURITY;
CREATE TABLE outcome (enough boolean);
DO $$
DECLARE
    v_role   text := 'user_' || replace(gen_random_uuid()::text, '-', '');
    v_enough boolean;
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON token_balances TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    v_enough := EXISTS (SELECT FROM token_balances WHERE user_id = 1 AND token_type = 'GROW' AND balance >= 1);
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
    INSERT INTO outcome VALUES (v_enough);
END
$$;
SELECT NOT enough FROM outcome;
