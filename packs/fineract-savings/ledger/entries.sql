-- reads: m_savings_account_transaction, m_savings_account
-- Waivers, accruals, transfers between offices, write-offs, escheat, holds and releases move no balance. What was reversed
-- and what reversed it count neither (`is_reversal` is a number in older versions). A type that is not listed has no sign, which is reported. A hold lowers the running
-- balance and not the balance, so the chain of an account that ever had one is left out.
SELECT t.id AS entry_id,
       t.savings_account_id AS account,
       a.currency_code::text AS unit,
       CASE WHEN t.transaction_type_enum IN (1, 3, 8) THEN t.amount
            WHEN t.transaction_type_enum IN (2, 4, 5, 7, 17, 18) THEN -t.amount END AS delta,
       CASE WHEN NOT EXISTS (SELECT FROM m_savings_account_transaction h
                              WHERE h.savings_account_id = t.savings_account_id AND h.transaction_type_enum IN (20, 21)
                                AND NOT h.is_reversed)
            THEN t.running_balance_derived END AS running,
       t.transaction_date::timestamp AT TIME ZONE 'UTC' AS at,
       t.id::bigint AS seq,
       NULL::xid8 AS arrival,
       CASE t.transaction_type_enum
            WHEN 1 THEN 'deposit' WHEN 2 THEN 'withdrawal' WHEN 3 THEN 'interest' WHEN 4 THEN 'withdrawal fee'
            WHEN 5 THEN 'annual fee' WHEN 7 THEN 'charge' WHEN 8 THEN 'dividend' WHEN 17 THEN 'overdraft interest'
            WHEN 18 THEN 'tax' ELSE 'type ' || t.transaction_type_enum END AS kind,
       NULL::text AS ref
FROM m_savings_account_transaction t
JOIN m_savings_account a ON a.id = t.savings_account_id
WHERE NOT t.is_reversed AND t.is_reversal::int = 0
  AND t.transaction_type_enum NOT IN (6, 10, 12, 13, 14, 15, 16, 19, 20, 21)
