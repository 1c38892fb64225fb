-- title: Triggers and rules are enabled
-- why: A disabled trigger does nothing, and a foreign key whose triggers are disabled is not checked, though the table shows it.
-- remedy: ALTER TABLE … ENABLE TRIGGER, and look for the rows that were written meanwhile.

SELECT format('%I.%I.%I', n.nspname, c.relname, coalesce(k.conname, t.tgname)) AS object, CASE WHEN t.tgisinternal THEN 'fail' ELSE 'warn' END AS verdict,
       CASE WHEN t.tgisinternal THEN 'is a foreign key that is not checked: its triggers are disabled' ELSE 'is a trigger that is disabled' END AS message, NULL::numeric AS value, NULL AS unit
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
 WHERE t.tgenabled = 'D'
 GROUP BY n.nspname, c.relname, coalesce(k.conname, t.tgname), t.tgisinternal
UNION ALL
SELECT format('%I.%I.%I', n.nspname, c.relname, r.rulename), 'warn', 'is a rule that is disabled', NULL, NULL
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.ev_enabled = 'D'
UNION ALL
SELECT format('event trigger %I', evtname), 'warn', 'is disabled', NULL, NULL FROM pg_event_trigger WHERE evtenabled = 'D'
 ORDER BY object
