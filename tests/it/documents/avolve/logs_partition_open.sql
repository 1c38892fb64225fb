-- expect: wrong the rows that the table hides are read from its partition
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE activity_logs (id integer, created_at timestamptz) PARTITION BY RANGE (created_at);
CREATE TABLE activity_logs_y2025m01 PARTITION OF activity_logs FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
ALTER TABLE activity_logs ENABLE ROW LEVEL SECURITY;
INSERT INTO activity_logs VALUES (1, '2025-01-15 12:00+00');
CREATE TABLE outcome (through_table bigint, through_partition bigint);
DO $$
DECLARE
    v_role  text := 'user_' || replace(gen_random_uuid()::text, '-', '');
    v_table bigint;
    v_part  bigint;
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON activity_logs, activity_logs_y2025m01 TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    SELECT count(*) INTO v_table FROM activity_logs;
    SELECT count(*) INTO v_part FROM activity_logs_y2025m01;
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
    INSERT INTO outcome VALUES (v_table, v_part);
END
$$;
SELECT through_table = 0 AND through_partition = 1 FROM outcome;
