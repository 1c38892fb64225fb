-- reads: double_entry_lines
-- rows: double_entry_lines
-- One row per line. The two lines of a transfer name each other, and are written under the locks of both accounts, so
-- the id orders them. Rails writes times without a zone, in UTC.
SELECT e.id AS entry_id,
       CASE WHEN e.scope IS NULL THEN e.account ELSE e.account || ':' || e.scope END::text AS account,
       'MONEY'::text AS unit,
       e.amount AS delta,
       e.balance AS running,
       e.created_at AT TIME ZONE 'UTC' AS at,
       e.id::bigint AS seq,
       NULL::xid8 AS arrival,
       e.code::text AS kind,
       least(e.id, e.partner_id) AS ref
FROM double_entry_lines e
