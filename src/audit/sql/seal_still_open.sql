-- The hidden ($1) and the prepared ($2) transactions of seal_open.sql that have not ended.
SELECT ARRAY(SELECT h.virtualxid FROM unnest($1::text[]) AS h (virtualxid)
              WHERE EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'virtualxid' AND l.virtualxid = h.virtualxid)) AS hidden,
       ARRAY(SELECT p.gid FROM pg_prepared_xacts p
              WHERE p.database = current_database() AND p.gid = ANY ($2::text[]) ORDER BY p.gid) AS prepared
