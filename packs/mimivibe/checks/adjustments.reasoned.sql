-- title: Adjustments say who and why
-- severity: error
-- reads: wallet_transactions
-- why: An adjustment moves units by hand, so it must say how many, in which direction, for what reason and by whose hand.
-- cause: The entry was written past the wallet functions, which ask for all four.
-- remedy: Find out who wrote the entry. If nobody can tell, undo it with wallet_reverse and enter it again with
--   wallet_adjust. One over 0 moved nothing: acknowledge this finding.

-- The kind may be missing from the enum. Naming the five known kinds first keeps the comparison as text away from
-- nearly every row.
SELECT 'wallet_transactions' AS table_name, e.id AS key, e.user_id AS account, e.currency AS unit,
       'amount, direction, reason, operator' AS expected,
       coalesce(nullif(concat_ws(', ',
           CASE WHEN e.amount > 0 THEN 'amount' END,
           CASE WHEN e.metadata->>'direction' IN ('credit', 'debit') THEN 'direction' END,
           CASE WHEN e.metadata->>'reason' ~ '\S' THEN 'reason' END,
           CASE WHEN e.metadata->>'operator' ~ '\S' THEN 'operator' END), ''), 'none') AS actual,
       format('Adjustment %s over %s %s of user %s lacks its %s.', e.id, e.amount, e.currency, e.user_id,
              concat_ws(' and ',
                  CASE WHEN e.amount > 0 THEN NULL ELSE 'amount' END,
                  CASE WHEN e.metadata->>'direction' IN ('credit', 'debit') THEN NULL ELSE 'direction' END,
                  CASE WHEN e.metadata->>'reason' ~ '\S' THEN NULL ELSE 'reason' END,
                  CASE WHEN e.metadata->>'operator' ~ '\S' THEN NULL ELSE 'operator' END)) AS message,
       e.id AS first_bad_entry
FROM wallet_transactions e
WHERE CASE WHEN e.transaction_type IN ('purchase', 'invite_reward', 'exchange', 'reading', 'refund') THEN false
           WHEN e.transaction_type::text <> 'adjustment' THEN false
           ELSE (e.amount > 0
                 AND e.metadata->>'direction' IN ('credit', 'debit')
                 AND e.metadata->>'reason' ~ '\S'
                 AND e.metadata->>'operator' ~ '\S') IS NOT TRUE
      END
