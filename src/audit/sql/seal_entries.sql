-- Entries from $1 to below $2 as a digest takes them: the account and the unit, what their order goes by, and eight
-- fields. Everything that is digested is text, so that the digest does not depend on how a driver reads a type.
SELECT coalesce(e.account::text, '') COLLATE "C" AS account, coalesce(e.unit::text, '') COLLATE "C" AS unit,
       {arrival} AS arrival, e.at, e.seq,
       e.entry_id::text COLLATE "C" AS f1, e.delta::text AS f2, e.running::text AS f3, e.at::timestamptz::text AS f4,
       e.seq::text AS f5, e.kind::text AS f6, e.ref::text AS f7, {content}::text AS f8
  FROM ({entries}) AS e
 WHERE {range}
