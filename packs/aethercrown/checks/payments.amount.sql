-- title: Amounts are possible in their currency
-- severity: error
-- reads: payments
-- why: Nobody pays nothing, less than nothing or NaN, and there is no half yen.
-- cause: The amount was taken from the wrong field, or written in the units of another currency.
-- remedy: Look the order up at PayPal and correct the amount.

SELECT 'payments' AS table_name, p.id AS key, p.user_id AS account, p.currency AS unit,
       CASE WHEN p.amount > 0 AND p.amount < 'Infinity' THEN 'no decimals' ELSE 'more than 0' END AS expected,
       p.amount AS actual,
       CASE WHEN p.amount > 0 AND p.amount < 'Infinity' THEN
               format('Payment %s (order %s) is over %s %s, a currency without decimals.',
                      p.id, p.order_id, p.amount, p.currency)
            ELSE
               format('Payment %s (order %s) is over %s %s.', p.id, p.order_id, p.amount, p.currency) END AS message
FROM payments p
WHERE (p.amount > 0 AND p.amount < 'Infinity') IS NOT TRUE
   OR (p.amount <> trunc(p.amount)
       AND p.currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV',
                          'XAF', 'XOF', 'XPF'))
