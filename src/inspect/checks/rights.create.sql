-- title: Only some may create objects
-- why: Whoever may create functions and operators in a schema that others search can make them run in their place. Whoever may create schemas can make one of a name that is searched.
-- remedy: REVOKE CREATE ON SCHEMA … FROM PUBLIC, or ON DATABASE …, or from the role that is named.

SELECT o.object, 'warn' AS verdict, format('%s may create %s in it', string_agg(who.name, ', ' ORDER BY who.name), o.what) AS message, NULL::numeric AS value, NULL AS unit
  FROM (SELECT format('schema %I', nspname) AS object, 'objects' AS what, oid, has_schema_privilege('public', oid, 'CREATE') AS everybody
          FROM pg_namespace WHERE nspname NOT LIKE 'pg\_temp\_%' AND nspname NOT LIKE 'pg\_toast%'
        UNION ALL
        SELECT format('the database %I', datname), 'schemas', oid, has_database_privilege('public', oid, 'CREATE') FROM pg_database WHERE datname = current_database()) o
  -- Everybody, or those of the roles of an API who may.
 CROSS JOIN LATERAL (SELECT 'everybody' AS name WHERE o.everybody
                     UNION ALL SELECT rolname FROM pg_roles
                      WHERE NOT o.everybody AND rolname IN ('anon', 'authenticated')
                        AND CASE o.what WHEN 'objects' THEN has_schema_privilege(pg_roles.oid, o.oid, 'CREATE') ELSE has_database_privilege(pg_roles.oid, o.oid, 'CREATE') END) who
 GROUP BY o.object, o.what
 ORDER BY object
