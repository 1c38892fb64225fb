-- title: Refunds have a known status
-- severity: error
-- for: refunds
-- reads: refunds.sql
-- why: Of a refund in an unknown state nobody can tell whether the money went back.
-- cause: A handler stored the gateway's word for the state instead of the application's, or the application has a state
--   that [refunds.states] of pack.toml does not know.
-- remedy: Look the refund up at the gateway and set the state that it means, or add the word to [refunds.states].

SELECT {refunds_name} AS table_name, r.refund_id AS key, NULL AS account, r.currency AS unit,
       {refund_words} AS expected, coalesce(r.status::text, 'none') AS actual,
       format('Refund %s of payment %s is in the state %s.', r.refund_id, r.payment_id,
              coalesce(quote_literal(r.status::text), 'null')) AS message
FROM {own_refunds} r
WHERE r.state IS NULL
