-- What is wrong with the hash chain of the operator log: links in their order, then rows that have none, then what is
-- not believed without a row of the log. Everything is computed here, by functions of pg_catalog alone, because whoever
-- tampers with the log may have replaced bursar's own.
-- docs/operations.md describes the encoding; its text depends on no setting of the session.
WITH links AS (
    SELECT l.position, l.operation_row, l.previous, l.digest, o.id AS found_row,
           lag(l.position, 1, 0::bigint) OVER w AS position_before,
           lag(l.digest) OVER w AS digest_before,
           sha256(coalesce(l.previous, ''::bytea) || fields.encoded) AS digest_now
      FROM bursar.operation_links l
      LEFT JOIN bursar.operations o ON o.id = l.operation_row
     CROSS JOIN LATERAL (
           SELECT string_agg(
                      CASE WHEN f.value IS NULL THEN int4send(-1)
                           ELSE int4send(octet_length(convert_to(f.value, 'UTF8'))) || convert_to(f.value, 'UTF8') END,
                      ''::bytea ORDER BY f.n) AS encoded
             FROM unnest(ARRAY[o.id::text, o.operation_id::text, trunc(extract(epoch FROM o.at) * 1000000)::text,
                               o.database_role, o.os_user, o.host, o.operator, o.command, o.parameters::text,
                               o.reason, o.outcome]) WITH ORDINALITY AS f (value, n)) AS fields
    WINDOW w AS (ORDER BY l.position)
), sealings AS MATERIALIZED (
    SELECT o.id, o.parameters ->> 'seal' AS seal, o.parameters ->> 'root' AS root, o.parameters ? 'restart' AS restarts
      FROM bursar.operations o
     WHERE o.command = 'audit seal'
)
SELECT wrong.kind, l.position, l.operation_row, wrong.expected, wrong.found
  FROM links l
 CROSS JOIN LATERAL (VALUES
       ('hole', l.position <> l.position_before + 1, (l.position_before + 1)::text, l.position::text),
       ('previous', l.position = l.position_before + 1 AND l.previous IS DISTINCT FROM l.digest_before,
        coalesce(encode(l.digest_before, 'hex'), 'none'), coalesce(encode(l.previous, 'hex'), 'none')),
       ('row_missing', l.found_row IS NULL, l.operation_row::text, NULL),
       ('digest', l.found_row IS NOT NULL AND l.digest <> l.digest_now,
        encode(l.digest, 'hex'), encode(l.digest_now, 'hex'))
       ) AS wrong (kind, holds, expected, found)
 WHERE wrong.holds
UNION ALL
SELECT 'unlinked', NULL, o.id, NULL, NULL
  FROM bursar.operations o
 WHERE NOT EXISTS (SELECT FROM bursar.operation_links l WHERE l.operation_row = o.id)
   AND NOT EXISTS (SELECT FROM bursar.unlinked_operations q WHERE q.id = o.id)
UNION ALL
SELECT 'queued_missing', NULL, q.id, q.id::text, NULL
  FROM bursar.unlinked_operations q
 WHERE NOT EXISTS (SELECT FROM bursar.operations o WHERE o.id = q.id)
UNION ALL
SELECT 'acknowledgement', NULL, a.id, 'an operation that acknowledges ' || a.fingerprint, NULL
  FROM bursar.acknowledgements a
 WHERE NOT EXISTS (SELECT FROM bursar.operations o
                    WHERE o.operation_id = a.operation_id
                      AND CASE WHEN a.check_id IN ('gateway.object', 'gateway.withdrawn')
                               THEN o.command = 'refund acknowledge' AND o.parameters ->> 'gateway' = a.unit
                                AND o.parameters ->> 'object' = a.entry_id
                                AND (o.outcome = 'withdrawn') = (a.check_id = 'gateway.withdrawn')
                               ELSE o.command = 'audit repair'
                                AND o.parameters #>> '{line,fingerprint}' = a.fingerprint END)
UNION ALL
-- Each seal was made by an operation, which holds its root: what a seal's own rows say, whoever rewrites them says.
SELECT 'seal_unlogged', NULL, s.id, coalesce((SELECT max(g.root) FROM sealings g WHERE g.seal = s.id::text), 'an operation that made it'),
       encode(s.root, 'hex')
  FROM bursar.seals s
 WHERE NOT EXISTS (SELECT FROM sealings g WHERE g.root = encode(s.root, 'hex'))
UNION ALL
SELECT 'seal_missing', NULL, g.id, 'seal ' || g.seal || ' with the root ' || g.root, NULL
  FROM sealings g
 WHERE NOT EXISTS (SELECT FROM bursar.seals s WHERE encode(s.root, 'hex') = g.root)
   AND NOT EXISTS (SELECT FROM bursar.seals s WHERE s.id::text = g.seal)
UNION ALL
-- The seals of a table start over by themselves on another server, where the time went back, and where the rows of their
-- changes have become many. Otherwise somebody asked for it, and the operation says so.
SELECT 'restart_unlogged', NULL, s.id, 'an operation that starts over', 'one that goes on'
  FROM bursar.seals s
  JOIN bursar.seals p ON p.root = s.previous
  JOIN sealings g ON g.root = encode(s.root, 'hex') AND NOT g.restarts
 WHERE s.app LIKE '%/table:%' AND s.base = s.id AND s.mode = p.mode AND s.content = p.content
   AND (s.system_identifier = p.system_identifier) IS NOT FALSE AND (s.sealed_until < p.sealed_until) IS NOT TRUE
   AND (SELECT count(*) FROM bursar.sealed_accounts a WHERE a.seal_id BETWEEN p.base AND p.id) <= p.accounts * {many_changes}
