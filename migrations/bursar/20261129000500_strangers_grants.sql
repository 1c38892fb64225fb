-- Default privileges grant new schemas, tables and functions to roles by name, which revoking from PUBLIC leaves standing.
-- In bursar's schema, nobody but its owner and bursar's own roles has any right.

DO $$
DECLARE
    v_role name;
BEGIN
    FOR v_role IN
        SELECT DISTINCT r.rolname
          FROM (SELECT n.nspowner AS owner, n.nspacl AS acl FROM pg_catalog.pg_namespace n WHERE n.nspname = 'bursar'
                UNION ALL
                SELECT c.relowner, c.relacl FROM pg_catalog.pg_class c WHERE c.relnamespace = 'bursar'::regnamespace
                UNION ALL
                SELECT p.proowner, p.proacl FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'bursar'::regnamespace) AS o
         CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) AS a
          JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
         WHERE a.grantee <> o.owner AND r.rolname NOT IN ('bursar_auditor', 'bursar_support', 'bursar_operator')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL TABLES IN SCHEMA bursar FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA bursar FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM %I', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA bursar FROM %I', v_role);
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA bursar FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA bursar FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA bursar FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM PUBLIC;
