-- title: Every constraint is validated
-- why: A NOT VALID constraint holds for new rows. Rows from before may break it, and the planner does not trust it.
-- remedy: Run the statement of its line, which lets others read and write meanwhile.

SELECT format('%s.%I', coalesce(nullif(k.conrelid, 0)::regclass::text, nullif(k.contypid, 0)::regtype::text), k.conname) AS object, 'warn' AS verdict,
       format('is NOT VALID: %s: ALTER %s VALIDATE CONSTRAINT %I', left(regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''), 200),
              CASE WHEN k.contypid = 0 THEN 'TABLE ' || k.conrelid::regclass ELSE 'DOMAIN ' || k.contypid::regtype END, k.conname) AS message, NULL::numeric AS value, NULL AS unit
  FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
 WHERE NOT k.convalidated AND k.conparentid = 0 AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND k.conenforced -- since 18
 ORDER BY object
