-- reads: wallet_transactions
-- rows: wallet_transactions
-- One row per wallet transaction, with the sign that its kind gives to the amount. A delta of NULL says that the
-- sign rules give this row no meaning, and the audit reports it. It stays an integer, as the amount is, because
-- integers are summed twice as fast as bigints.
SELECT e.id AS entry_id,
       e.user_id AS account,
       e.currency AS unit,
       CASE
           WHEN e.transaction_type = 'reading' THEN
               CASE WHEN e.currency = 'STAR' THEN -e.amount END
           WHEN e.transaction_type = 'purchase' THEN
               CASE WHEN e.currency = 'STAR' THEN e.amount END
           WHEN e.transaction_type = 'exchange' THEN
               CASE WHEN e.currency = 'STAR' THEN e.amount ELSE -e.amount END
           WHEN e.transaction_type = 'invite_reward' THEN
               CASE WHEN e.currency = 'COIN' THEN e.amount END
           WHEN e.transaction_type = 'refund' AND e.metadata ? 'reverses_entry_id' THEN
               -- A look-up per row would keep the whole scan out of parallel workers, so the signs of all reversals,
               -- which are few, are fetched once.
               e.amount * ((
                   SELECT jsonb_object_agg(r.id,
                              CASE
                                  WHEN o.transaction_type IN ('purchase', 'invite_reward') THEN -1
                                  WHEN o.transaction_type = 'reading' THEN 1
                                  WHEN o.transaction_type = 'exchange' THEN
                                      CASE WHEN o.currency = 'STAR' THEN -1 ELSE 1 END
                                  WHEN o.transaction_type = 'refund' THEN
                                      CASE WHEN o.metadata ? 'reverses_entry_id' THEN NULL
                                           WHEN o.related_reading_id IS NOT NULL THEN -1
                                           ELSE 1 END
                                  WHEN o.transaction_type::text = 'adjustment' THEN
                                      CASE o.metadata->>'direction' WHEN 'credit' THEN -1 WHEN 'debit' THEN 1 END
                              END)
                   FROM wallet_transactions r
                   JOIN wallet_transactions o
                     ON o.id = CASE WHEN r.metadata->>'reverses_entry_id'
                                         ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
                                    THEN (r.metadata->>'reverses_entry_id')::uuid END
                   WHERE r.transaction_type = 'refund' AND r.metadata ? 'reverses_entry_id'
               )->>e.id::text)::integer
           WHEN e.transaction_type = 'refund' THEN
               CASE WHEN e.currency <> 'STAR' THEN NULL
                    WHEN e.related_reading_id IS NOT NULL THEN e.amount
                    ELSE -e.amount END
           -- The kind may be missing from the enum, so it is compared as text, and last, where common rows never come.
           WHEN e.transaction_type::text = 'adjustment' THEN
               CASE e.metadata->>'direction' WHEN 'credit' THEN e.amount WHEN 'debit' THEN -e.amount END
       END AS delta,
       e.amount AS magnitude,
       e.balance_after AS running,
       e.created_at AS at,
       e.seq,
       e.arrival,
       e.transaction_type AS kind,
       coalesce(e.related_payment_id, e.related_reading_id, e.related_invite_id) AS ref,
       CASE WHEN e.transaction_type = 'refund'
             AND e.metadata->>'reverses_entry_id' ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
            THEN (e.metadata->>'reverses_entry_id')::uuid END AS reverses,
       -- What a seal digests besides the above. A column more or less, or in another order, makes earlier seals
       -- impossible to verify.
       jsonb_build_array(e.amount, e.metadata, e.related_payment_id, e.related_reading_id, e.related_invite_id) AS content
-- seq and arrival are additions that a database may lack: the names then mean these NULLs.
FROM (VALUES (NULL::bigint, NULL::xid8)) AS absent (seq, arrival),
     LATERAL (SELECT w.id, w.user_id, w.transaction_type, w.amount, w.currency, w.balance_after, w.metadata,
                     w.related_payment_id, w.related_reading_id, w.related_invite_id, w.created_at, seq, arrival
              FROM wallet_transactions w) e
