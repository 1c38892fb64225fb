-- The entries of an account, of one unit where $2 names it, each with its place in the order of the ledger and the balance
-- that follows from all entries of its unit up to it.
SELECT e.entry_id::text AS entry, e.at AS moment, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, e.kind::text, e.ref::text,
       e.unit::text AS unit, e.delta::text AS amount, e.running::text AS stored, row_number() OVER w AS position,
       (sum(e.delta) OVER (w ROWS UNBOUNDED PRECEDING))::text AS recomputed,
       e.running IS NOT DISTINCT FROM sum(e.delta) OVER (w ROWS UNBOUNDED PRECEDING) AS agrees,
       row_number() OVER (ORDER BY e.at DESC, e.seq DESC, e.entry_id DESC) AS age
  FROM ({entries}) AS e
 WHERE $2::text IS NULL OR e.unit::text = $2
WINDOW w AS (PARTITION BY e.unit ORDER BY e.at, e.seq, e.entry_id)
