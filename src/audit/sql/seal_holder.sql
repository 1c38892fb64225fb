-- What holds the oldest transaction of the server open, in words: a session but this one and $1, or a prepared transaction.
-- $2 is the watermark: a younger transaction holds nothing back.
SELECT h.holder
  FROM (SELECT a.backend_xid AS transaction,
               format('the transaction of session %s (%s, database %s, since %s)', a.pid,
                      coalesce(nullif(a.application_name, ''), a.usename, 'unknown'), a.datname,
                      to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')) AS holder
          FROM pg_stat_activity a
         WHERE a.backend_xid IS NOT NULL AND a.pid NOT IN (pg_backend_pid(), $1)
         UNION ALL
        SELECT p.transaction,
               format('the prepared transaction %L (database %s, since %s)', p.gid, p.database,
                      to_char(p.prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'))
          FROM pg_prepared_xacts p) h
 WHERE age(h.transaction) >= age($2::text::xid8::xid)
 ORDER BY age(h.transaction) DESC
 LIMIT 1
