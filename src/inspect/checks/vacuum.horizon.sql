-- title: Nothing keeps vacuum from its work
-- needs: role pg_read_all_stats
-- why: Vacuum keeps every row that somebody may still see. One old snapshot keeps what all tables have lost since.
-- remedy: End what holds it: SELECT pg_terminate_backend(pid), ROLLBACK PREPARED 'gid' in its database, SELECT pg_drop_replication_slot(name), or hot_standby_feedback = off on the replica. A build of an index that is ended leaves an INVALID one.

-- With the usual --long of five minutes, an hour; or a hundredth of the transactions after which a table is frozen.
SELECT object, CASE WHEN age > most THEN 'fail' WHEN age > most / 100 OR age > 0 AND clock_timestamp() - since > 12 * $1::interval THEN 'warn' ELSE 'ok' END AS verdict,
       format('%s holds back what the last {count %s} transactions deleted%s', holder, age, coalesce(', for {ms ' || round(extract(epoch FROM clock_timestamp() - since) * 1000) || '}', '')) AS message,
       age::numeric AS value, 'transactions' AS unit
  FROM (SELECT format('pid %s', pid) AS object, format('%s of %s%s', coalesce(nullif(application_name, ''), 'a session without a name'), coalesce(usename, 'unknown'),
                      CASE WHEN state LIKE 'idle in transaction%' THEN ', idle in a transaction,'
                           WHEN pid IN (SELECT pid FROM pg_stat_progress_create_index) THEN ', at an index,' ELSE '' END) AS holder,
               greatest(age(backend_xmin), age(backend_xid)) AS age, xact_start AS since
          FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND leader_pid IS NULL AND backend_type NOT IN ('walsender', 'autovacuum worker') AND (datname = current_database() OR datname IS NULL)
           -- A VACUUM holds back no other one, also while it waits for its table: only FULL does, and the ANALYZE after it.
           AND NOT (pid IN (SELECT pid FROM pg_stat_progress_vacuum) OR state = 'active' AND query ~* '^\s*vacuum\M' AND query !~* '\m(full|analy[sz]e)\M')
        UNION ALL
        SELECT format('prepared transaction %L', gid), format('%s, in the database %I,', owner, database), age(transaction), prepared FROM pg_prepared_xacts WHERE database = current_database()
        UNION ALL
        SELECT format('slot %s', slot_name), format('a %s slot that is %s', slot_type, CASE WHEN active THEN 'in use' ELSE 'not in use' END), greatest(age(xmin), age(catalog_xmin)), NULL
          FROM pg_replication_slots
        UNION ALL
        SELECT format('replica %s', pid), format('%s, with hot_standby_feedback,', coalesce(nullif(application_name, ''), 'a replica without a name')), age(backend_xmin), NULL FROM pg_stat_replication) held
 CROSS JOIN (SELECT current_setting('autovacuum_freeze_max_age')::bigint AS most) f
 WHERE age > 0
 ORDER BY value DESC, object
