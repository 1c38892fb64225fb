-- title: Payments have a known status
-- severity: error
-- for: states
-- reads: payments.sql
-- why: A payment in an unknown state is counted by no report and refunded by nobody.
-- cause: A handler stored the gateway's word for the state instead of the application's, or the application has a state
--   that [payments.states] of pack.toml does not know.
-- remedy: Look the payment up at the gateway and set the state that it means, or add the word to [payments.states].

SELECT {payments_name} AS table_name, p.payment_id AS key, p.account, p.currency AS unit,
       {payment_words} AS expected, coalesce(p.status::text, 'none') AS actual,
       format('Payment %s is in the state %s.', p.payment_id, coalesce(quote_literal(p.status::text), 'null')) AS message
FROM {payments} p
WHERE p.state IS NULL
