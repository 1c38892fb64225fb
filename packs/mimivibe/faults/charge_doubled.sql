-- title: One charge, written as two payments
-- why: A webhook was handled twice, and the second row writes the gateway's id in another way, so that no index sees it.

WITH target AS (
    SELECT p.id, p.user_id, p.stripe_charge_id, p.amount, p.currency, p.package_type, p.stars_purchased, p.stars_bonus,
           p.stars_total, md5('charge ' || p.id || $1::bigint)::uuid AS again
    FROM payments p
    WHERE p.status = 'succeeded' AND p.user_id::text <> ALL ($2::text[]) AND p.stripe_charge_id <> upper(p.stripe_charge_id)
      AND NOT EXISTS (SELECT FROM wallet_transactions n
                      WHERE n.user_id = p.user_id AND n.created_at > now() - interval '1 minute')
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
paid AS (
    INSERT INTO payments (id, user_id, stripe_charge_id, amount, currency, status, package_type, stars_purchased, stars_bonus)
    SELECT t.again, t.user_id, upper(t.stripe_charge_id), t.amount, t.currency, 'succeeded', t.package_type, t.stars_purchased,
           t.stars_bonus
    FROM target t
),
added AS (
    INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, related_payment_id, created_at)
    SELECT t.user_id, 'purchase', t.stars_total, 'STAR', u.star_balance + t.stars_total, t.again,
           coalesce((SELECT max(e.created_at) FROM wallet_transactions e WHERE e.user_id = u.id), u.created_at)
               + interval '1 millisecond'
    FROM target t
    JOIN users u ON u.id = t.user_id
    RETURNING user_id, amount
),
cached AS (
    UPDATE users u SET star_balance = u.star_balance + a.amount FROM added a WHERE u.id = a.user_id
)
SELECT 'payments' AS table_name, t.again AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['payments.duplicate'] AS checks,
       format('Payment %s of user %s was written again as payment %s, and credited again.', t.id, t.user_id, t.again) AS message
FROM target t
