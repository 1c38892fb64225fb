-- expect: wrong a user sets the counter of their own conversation where everything is granted
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE conversations (user_id integer, message_count integer DEFAULT 0);
INSERT INTO conversations (user_id) VALUES (1);
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_own ON conversations FOR SELECT USING (user_id = 1);
CREATE POLICY update_own ON conversations FOR UPDATE USING (user_id = 1);
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA public TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    UPDATE conversations SET message_count = 1000000;
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT message_count = 1000000 FROM conversations;
