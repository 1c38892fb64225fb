-- title: What is published can be changed
-- why: UPDATE and DELETE of a published table fail while no column names its rows.
-- remedy: ALTER TABLE … ADD PRIMARY KEY, or ALTER TABLE … REPLICA IDENTITY FULL.

SELECT format('%I.%I', n.nspname, c.relname) AS object, 'fail' AS verdict,
       format('is in %s, which publishes changes, and has no replica identity', string_agg(format('the publication %I', p.pubname), ' and ' ORDER BY p.pubname)) AS message, NULL::numeric AS value, NULL AS unit
  FROM pg_publication p CROSS JOIN LATERAL pg_get_publication_tables(p.pubname) t JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE (p.pubupdate OR p.pubdelete) AND c.relkind = 'r'
   AND CASE c.relreplident WHEN 'f' THEN false WHEN 'n' THEN true
            WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisreplident)
            ELSE NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisprimary) END
 GROUP BY n.nspname, c.relname
 ORDER BY object
