-- title: A paid payment is never credited
-- why: The webhook stored the payment and failed before the credit.

WITH target AS (
    SELECT p.*, md5('payment ' || p.id || $1::bigint) AS fresh
    FROM payments p
    WHERE p.status = 'succeeded' AND p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, currency, status,
                          package_type, stars_purchased, stars_bonus, created_at, updated_at)
    SELECT t.fresh::uuid, t.user_id, 'pi_' || t.fresh, 'ch_' || t.fresh, t.amount, t.currency, t.status, t.package_type,
           t.stars_purchased, t.stars_bonus, t.created_at, t.updated_at
    FROM target t
)
SELECT 'payments' AS table_name, t.fresh::uuid AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['payments.granted'] AS checks,
       format('Payment %s of user %s succeeded, but its %s STAR were never credited.',
              t.fresh::uuid, t.user_id, t.stars_total) AS message
FROM target t
