-- reads: payment_intents, charges, refunds, customers
-- One row per payment intent, which buys no units. An intent that was refunded stays succeeded; its charges say how much
-- went back, with what is still on its way, which is no refund yet. Where no charge was copied, its refunds say it.
SELECT p.id AS payment_id,
       p.customer AS account,
       coalesce(c.name || ' <' || c.email || '>', c.email, c.name) AS customer,
       p.paid AS amount,
       upper(p.currency) AS currency,
       CASE WHEN p.status <> 'succeeded' OR p.back IS NULL OR p.back <= 0 THEN p.status
            WHEN p.back >= p.paid THEN 'refunded'
            ELSE 'partially_refunded' END AS status,
       coalesce(p.status = 'succeeded', false) AS refundable,
       'stripe'::text AS provider,
       ARRAY[p.id]::text[] AS provider_ids,
       NULL::bigint AS granted,
       NULL::text AS unit,
       to_timestamp(p.created) AS created_at
FROM (SELECT i.id, i.customer, i.currency, i.status, i.created,
             CASE WHEN i.status = 'succeeded' THEN coalesce(i.amount_received, i.amount) ELSE i.amount END AS paid,
             coalesce(g.amount_refunded - coalesce(r.open, 0), r.done) AS back
      FROM payment_intents i
      LEFT JOIN (SELECT payment_intent, sum(amount_refunded) AS amount_refunded
                 FROM charges WHERE payment_intent IS NOT NULL GROUP BY payment_intent) g ON g.payment_intent = i.id
      LEFT JOIN (SELECT payment_intent,
                        sum(amount) FILTER (WHERE status IN ('pending', 'requires_action')) AS open,
                        sum(amount) FILTER (WHERE status = 'succeeded') AS done
                 FROM refunds WHERE payment_intent IS NOT NULL GROUP BY payment_intent) r ON r.payment_intent = i.id) p
LEFT JOIN customers c ON c.id = p.customer
