-- reads: token_transactions
-- Two rows per transfer, one per mint or burn: what left the sender and what reached the receiver. Both carry the id of
-- their transaction; within one account it is unique, because nobody sends to themselves. There is no running balance.
SELECT e.id AS entry_id, e.from_user_id AS account, e.token_type AS unit, -e.amount AS delta, NULL::numeric AS running,
       e.created_at AS at, e.seq, e.arrival,
       CASE WHEN e.to_user_id IS NULL THEN 'burn' ELSE 'transfer' END AS kind,
       e.to_user_id AS ref,
       -- What a seal digests besides the above. A column more or less, or in another order, makes earlier seals
       -- impossible to verify.
       jsonb_build_array(e.from_user_id, e.to_user_id, e.amount) AS content
-- seq and arrival are additions that a database may lack: the names then mean these NULLs.
FROM (VALUES (NULL::bigint, NULL::xid8)) AS absent (seq, arrival),
     LATERAL (SELECT t.id, t.from_user_id, t.to_user_id, t.amount, t.token_type, t.created_at, seq, arrival
              FROM token_transactions t) e
WHERE e.from_user_id IS NOT NULL
UNION ALL
SELECT e.id, e.to_user_id, e.token_type, e.amount, NULL::numeric, e.created_at, e.seq, e.arrival,
       CASE WHEN e.from_user_id IS NULL THEN 'mint' ELSE 'transfer' END,
       e.from_user_id,
       jsonb_build_array(e.from_user_id, e.to_user_id, e.amount)
FROM (VALUES (NULL::bigint, NULL::xid8)) AS absent (seq, arrival),
     LATERAL (SELECT t.id, t.from_user_id, t.to_user_id, t.amount, t.token_type, t.created_at, seq, arrival
              FROM token_transactions t) e
WHERE e.to_user_id IS NOT NULL
