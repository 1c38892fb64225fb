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
-- The few that are late are found first: what stands before an entry is then not looked up for every purchase.
WITH late AS MATERIALIZED (
    SELECT p.id AS payment, p.user_id AS payer, p.created_at AS made_at,
           e.id, e.user_id, e.currency, e.created_at, e.balance_after - e.amount AS before,
           (to_jsonb(e) ->> 'seq')::bigint AS seq
    FROM wallet_transactions e
    JOIN payments p ON p.id = e.related_payment_id
    WHERE e.transaction_type = 'purchase' AND p.status IN ('succeeded', 'refunded')
      AND e.created_at < p.created_at - interval '5 minutes'
      AND p.created_at <= now() + interval '5 minutes'
)
SELECT 'payments' AS table_name, l.payment AS key, l.payer AS account, l.currency AS unit,
       format('before %s', l.created_at) AS expected, l.made_at::text AS actual,
       format('Payment %s of user %s was made at %s, after entry %s credited it at %s.', l.payment, l.payer, l.made_at, l.id,
              l.created_at) AS message,
       l.id AS first_bad_entry
FROM late l
WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = l.user_id AND l.created_at < u.created_at)
  AND l.before = coalesce((SELECT b.balance_after
                           FROM wallet_transactions b
                           WHERE b.user_id = l.user_id AND b.currency = l.currency
                             AND b.created_at <= l.created_at
                             AND (b.created_at < l.created_at OR (to_jsonb(b) ->> 'seq')::bigint < l.seq)
                           ORDER BY b.created_at DESC, (to_jsonb(b) ->> 'seq')::bigint DESC NULLS LAST
                           LIMIT 1), 0)
