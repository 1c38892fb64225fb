-- title: What is published can be changed
-- why: UPDATE and DELETE of a published table fail while no column names its rows, and where a publication's WHERE or column list does not go with those that do.
-- remedy: ALTER TABLE … ADD PRIMARY KEY, or ALTER TABLE … REPLICA IDENTITY FULL where the publication has no column list; ALTER PUBLICATION … SET TABLE for its WHERE and its columns.

-- The server asks the table whose row changes: of a partitioned one each partition, also where it is published as its root.
-- WHERE and the column list are then the root's, whose columns have numbers of their own.
WITH parts AS MATERIALIZED ({partitions}),
     told AS (
SELECT c.oid, format('the publication %I', p.pubname) AS publication, why.*
  FROM pg_publication p CROSS JOIN LATERAL pg_get_publication_tables(p.pubname) t
  LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = t.relid
 CROSS JOIN LATERAL (SELECT t.relid AS oid UNION SELECT relid FROM parts WHERE root = t.relid AND isleaf) part
  JOIN pg_class c ON c.oid = part.oid AND c.relkind = 'r' AND c.relpersistence = 'p'
 CROSS JOIN LATERAL (SELECT array_agg(a.attname) AS names
                       FROM pg_index x CROSS JOIN LATERAL unnest(x.indkey[0:x.indnkeyatts - 1]) k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k
                      WHERE x.indrelid = c.oid AND x.indisvalid AND x.indimmediate AND CASE c.relreplident WHEN 'i' THEN x.indisreplident WHEN 'd' THEN x.indisprimary ELSE false END) identity
 CROSS JOIN LATERAL (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FILTER (WHERE attnum::text IN (SELECT (regexp_matches(r.prqual::text, ':varattno (\d+)', 'g'))[1]) AND attname <> ALL (identity.names)) AS filtered,
                            string_agg(quote_ident(attname), ', ' ORDER BY attnum) FILTER (WHERE attnum <> ALL (r.prattrs) AND attname = ANY (identity.names)) AS unlisted
                       FROM pg_attribute WHERE attrelid = t.relid AND attnum > 0 AND NOT attisdropped) b
 CROSS JOIN LATERAL (VALUES
       (1, CASE WHEN c.relreplident <> 'f' AND identity.names IS NULL THEN ', which publishes changes, and has no replica identity' || CASE WHEN c.relreplident = 'd' AND EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisprimary) THEN ': its primary key is DEFERRABLE' ELSE '' END END),
       (2, CASE WHEN c.relreplident <> 'f' THEN ', whose WHERE reads what is not in the replica identity: ' || b.filtered END),
       (3, CASE WHEN c.relreplident = 'f' THEN CASE WHEN r.prattrs IS NOT NULL THEN ', which has a column list, and the replica identity is every column' END
                ELSE ', whose column list lacks what is in the replica identity: ' || b.unlisted END)) why (place, text)
 WHERE (p.pubupdate OR p.pubdelete) AND why.text IS NOT NULL)
SELECT format('%I.%I', n.nspname, c.relname) AS object, 'fail' AS verdict, string_agg('is in ' || publications || text, '; ' ORDER BY place, text) AS message, NULL::numeric AS value, NULL AS unit
  FROM (SELECT oid, place, text, string_agg(publication, ' and ' ORDER BY publication) AS publications FROM told GROUP BY oid, place, text) told
  JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
 GROUP BY n.nspname, c.relname
 ORDER BY object
