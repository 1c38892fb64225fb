-- reads: payments, users
-- One row per payment, with its amount in the smallest unit of the currency. A refund needs an intent or a charge, but a
-- payment that lacks both can still be found.
SELECT p.id AS payment_id,
       p.user_id AS account,
       coalesce(u.name || ' <' || u.email || '>', u.email) AS customer,
       p.amount,
       p.currency,
       p.status,
       p.status = 'succeeded' AS refundable,
       'stripe'::text AS provider,
       array_remove(ARRAY[p.stripe_payment_intent_id, p.stripe_charge_id]::text[], NULL) AS provider_ids,
       p.stars_total AS granted,
       'STAR'::currency AS unit,
       p.created_at
FROM payments p
LEFT JOIN users u ON u.id = p.user_id
