-- title: Triggers and rules are enabled
-- why: A disabled trigger does nothing, and a foreign key whose triggers are disabled is not checked, though the table shows it.
-- remedy: Run the statement of its line, and look for the rows that were written meanwhile. The trigger of a constraint is a superuser's to enable.

SELECT format('%I.%I.%I', n.nspname, c.relname, coalesce(k.conname, t.tgname)) AS object, CASE WHEN t.tgisinternal THEN 'fail' ELSE 'warn' END AS verdict,
       format(CASE WHEN NOT t.tgisinternal THEN 'is a trigger that is disabled' WHEN k.contype = 'f' THEN 'is a foreign key that is not checked'
                   WHEN k.contype IN ('p', 'u', 'x') THEN 'is a DEFERRABLE ' || CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'EXCLUDE' END || ' constraint that is not checked'
                   ELSE 'is a trigger of the server that is disabled' END || ': ALTER TABLE %s %s', t.tgrelid::regclass, string_agg(format('ENABLE TRIGGER %I', t.tgname), ', ' ORDER BY t.tgname)) AS message, NULL::numeric AS value, NULL AS unit
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
 WHERE t.tgenabled = 'D'
 GROUP BY n.nspname, c.relname, t.tgrelid, coalesce(k.conname, t.tgname), t.tgisinternal, k.contype
UNION ALL
SELECT format('%I.%I.%I', n.nspname, c.relname, r.rulename), 'warn', format('is a rule that is disabled: ALTER TABLE %s ENABLE RULE %I', r.ev_class::regclass, r.rulename), NULL, NULL
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.ev_enabled = 'D'
UNION ALL
SELECT format('event trigger %I', evtname), 'warn', format('is disabled: ALTER EVENT TRIGGER %I ENABLE', evtname), NULL, NULL FROM pg_event_trigger WHERE evtenabled = 'D'
 ORDER BY object
