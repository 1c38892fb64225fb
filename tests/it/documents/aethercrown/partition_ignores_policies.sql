-- expect: wrong a table without a policy shows nothing, and its partitions show and take everything
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE activity_logs (id integer, created_at timestamptz NOT NULL) PARTITION BY RANGE (created_at);
ALTER TABLE activity_logs ENABLE ROW LEVEL SECURITY;
CREATE TABLE activity_logs_2025_01 PARTITION OF activity_logs FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
INSERT INTO activity_logs VALUES (1, '2025-01-15');
CREATE TABLE outcome (parent bigint, partition bigint);
GRANT INSERT ON outcome TO PUBLIC;
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON activity_logs, activity_logs_2025_01 TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    INSERT INTO activity_logs_2025_01 VALUES (2, '2025-01-16');
    INSERT INTO outcome SELECT (SELECT count(*) FROM activity_logs), (SELECT count(*) FROM activity_logs_2025_01);
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT parent = 0 AND partition = 2 FROM outcome;
