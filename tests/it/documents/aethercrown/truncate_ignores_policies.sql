-- expect: wrong a user who may only read what is theirs empties the table, because TRUNCATE asks no policy
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE payments (id integer PRIMARY KEY);
INSERT INTO payments VALUES (1), (2);
ALTER TABLE payments ENABLE ROW LEVEL SECURITY;
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON payments TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    TRUNCATE payments;
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT NOT EXISTS (SELECT FROM payments);
