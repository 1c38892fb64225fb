-- What holds the oldest transaction of the server open, in words: a session or a prepared transaction.
SELECT h.holder
  FROM (SELECT a.backend_xid AS transaction,
               format('the transaction of session %s (%s, database %s, since %s)', a.pid,
                      coalesce(nullif(a.application_name, ''), a.usename, 'unknown'), a.datname,
                      to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')) AS holder
          FROM pg_stat_activity a
         WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid()
         UNION ALL
        SELECT p.transaction,
               format('the prepared transaction %L (database %s, since %s)', p.gid, p.database,
                      to_char(p.prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'))
          FROM pg_prepared_xacts p) h
 ORDER BY age(h.transaction) DESC
 LIMIT 1
