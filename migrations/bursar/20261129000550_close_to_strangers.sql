-- Default privileges grant what a migration makes to roles by name, each time anew. A later migration that makes a table, a
-- sequence or a function ends with a call of this function.

-- Leaves rights in bursar's schema to its owner and bursar's own roles alone.
CREATE FUNCTION bursar.close_to_strangers() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_role text;
BEGIN
    FOR v_role IN
        SELECT 'PUBLIC'
        UNION
        SELECT pg_catalog.quote_ident(r.rolname)
          FROM (SELECT n.nspowner AS owner, n.nspacl AS acl FROM pg_catalog.pg_namespace n WHERE n.nspname = 'bursar'
                UNION ALL
                SELECT c.relowner, c.relacl FROM pg_catalog.pg_class c WHERE c.relnamespace = 'bursar'::regnamespace
                UNION ALL
                SELECT p.proowner, p.proacl FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'bursar'::regnamespace) AS o
         CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) AS a
          JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
         WHERE a.grantee <> o.owner AND r.rolname NOT IN ('bursar_auditor', 'bursar_support', 'bursar_operator')
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL TABLES IN SCHEMA bursar FROM %s', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA bursar FROM %s', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM %s', v_role);
        EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA bursar FROM %s', v_role);
    END LOOP;
END
$$;

SELECT bursar.close_to_strangers();
