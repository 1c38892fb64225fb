-- title: A payment is there before it is credited
-- severity: error
-- reads: payments, wallet_transactions, users
-- why: Stars that came before their payment were granted for nothing, and the payment was written afterwards to explain them.
-- cause: The time of the payment or of the entry was changed by hand, or the entry was given the id of a later payment.
-- remedy: Look the payment up at the gateway: bursar payments show PAYMENT. Where its time was changed, set created_at to the
--   one there.

-- An entry that is older than its account is reported by ledger.domain, one whose time was exchanged with another's by
-- ledger.order, a payment in the future by payments.dated, and one that was not paid by payments.unpaid.
-- A database may lack seq, which orders entries of one moment: the row as JSON then has none.
SELECT 'payments' AS table_name, p.id AS key, p.user_id AS account, e.currency AS unit,
       format('before %s', e.created_at) AS expected, p.created_at::text AS actual,
       format('Payment %s of user %s was made at %s, after entry %s credited it at %s.', p.id, p.user_id, p.created_at, e.id,
              e.created_at) AS message,
       e.id AS first_bad_entry
FROM wallet_transactions e
JOIN payments p ON p.id = e.related_payment_id
WHERE e.transaction_type = 'purchase' AND p.status IN ('succeeded', 'refunded')
  AND e.created_at < p.created_at - interval '5 minutes'
  AND p.created_at <= now() + interval '5 minutes'
  AND NOT EXISTS (SELECT FROM users u WHERE u.id = e.user_id AND e.created_at < u.created_at)
  AND e.balance_after - e.amount = coalesce((SELECT b.balance_after
                                             FROM wallet_transactions b
                                             WHERE b.user_id = e.user_id AND b.currency = e.currency
                                               AND b.created_at <= e.created_at
                                               AND (b.created_at < e.created_at
                                                    OR (to_jsonb(b) ->> 'seq')::bigint < (to_jsonb(e) ->> 'seq')::bigint)
                                             ORDER BY b.created_at DESC, (to_jsonb(b) ->> 'seq')::bigint DESC NULLS LAST
                                             LIMIT 1), 0)
