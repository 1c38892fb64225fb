-- title: Payments that name a customer belong to a user
-- severity: error
-- reads: payments, users
-- references: payments.user_id
-- why: Money of a customer whose account is gone cannot be found from the account, nor the other way round.
-- cause: The user was deleted while the foreign key set references to null or was not enforced.
-- remedy: Find the user by the customer's name and the order, and set user_id again; restore the user where none is
--   left.

-- A payment without a user that names no customer either was made without an account.
SELECT 'payments' AS table_name, p.id AS key, p.user_id AS account, p.currency AS unit,
       'a user' AS expected, coalesce(p.user_id::text, 'none') AS actual,
       CASE WHEN p.user_id IS NULL THEN
               format('Payment %s (order %s) over %s %s names the customer %s, but no user.',
                      p.id, p.order_id, p.amount, p.currency, quote_literal(p.metadata->>'customer_name'))
            ELSE
               format('Payment %s (order %s) over %s %s belongs to user %s, who does not exist.',
                      p.id, p.order_id, p.amount, p.currency, p.user_id) END AS message
FROM payments p
WHERE CASE WHEN p.user_id IS NULL THEN p.metadata->>'customer_name' ~ '\S'
           ELSE NOT EXISTS (SELECT FROM users u WHERE u.id = p.user_id) END
