-- title: No refund stays unfinished
-- severity: warn
-- reads: bursar.refunds
-- why: A customer waits for the money of a refund that was begun, and the units are gone from the account meanwhile.
-- cause: A process died in the middle, the gateway's answer was lost, or nobody has decided.
-- remedy: bursar refund resume; what awaits approval: bursar refund approve REFUND, or reject.

-- What is on its way to a bank takes days, and a second person may be asleep.
SELECT 'bursar.refunds' AS table_name, r.id AS key, r.account, r.currency AS unit,
       'succeeded, failed, canceled or rejected' AS expected, r.state AS actual,
       format('Refund %s of payment %s has been %s%s since %s.', r.id, r.payment, r.state,
              CASE WHEN r.refused THEN ' and refused by the gateway' ELSE '' END,
              to_char(r.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')) AS message,
       r.id AS refund
FROM {refunds} r
WHERE r.state NOT IN ('succeeded', 'failed', 'canceled', 'rejected')
  AND r.updated_at < now() - CASE WHEN r.state IN ('pending', 'requires_action') AND NOT r.refused THEN interval '30 days'
                                  WHEN r.state = 'awaiting_approval' THEN interval '7 days'
                                  ELSE interval '1 hour' END
