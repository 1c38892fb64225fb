-- reads: payments, users
-- One row per payment, with its amount in whole units of the currency. Only the order is stored of the gateway; its
-- captures, and what was refunded of them, are read from there. Payments buy no units of account.
SELECT p.id AS payment_id,
       p.user_id AS account,
       coalesce(u.name || ' <' || u.email || '>', u.email, p.metadata->>'customer_name') AS customer,
       p.amount,
       p.currency,
       p.status,
       coalesce(p.status IN ('completed', 'partially_refunded'), false) AS refundable,
       coalesce(p.payment_method, 'paypal')::text AS provider,
       ARRAY[p.order_id]::text[] AS provider_ids,
       NULL::bigint AS granted,
       NULL::text AS unit,
       p.created_at
FROM payments p
LEFT JOIN users u ON u.id = p.user_id
