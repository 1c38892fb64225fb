-- reads: refunds
-- One row per refund of a payment intent. A refund of a charge without an intent is no payment's here.
SELECT r.id AS refund_id,
       r.payment_intent AS payment_id,
       r.amount,
       upper(r.currency) AS currency,
       r.status,
       r.id AS provider_id,
       NULL::text AS ref,
       to_timestamp(r.created) AS created_at
FROM refunds r
WHERE r.payment_intent IS NOT NULL
