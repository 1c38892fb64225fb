-- title: Refunds have the entries that they name
-- severity: error
-- for: ledger
-- reads: bursar.refunds, refunds.sql, ledger/entries.sql
-- why: What a refund takes back is gone from the account by the entry that it names.
-- cause: The entry or the refund was written or removed by hand.
-- remedy: Ask the gateway how the refund stands. Where the money went back, take the units with bursar wallet adjust.

SELECT r.origin AS table_name, r.id AS key, e.account::text AS account, e.unit::text AS unit,
       CASE WHEN e.entry_id IS NULL THEN coalesce(r.entry, 'an entry') ELSE 'less than 0' END AS expected,
       CASE WHEN e.entry_id IS NULL THEN 'missing' ELSE e.delta::text END AS actual,
       CASE WHEN r.entry IS NULL THEN
               format('Refund %s of payment %s took %s back, but names no entry.', r.id, r.payment, r.units)
            WHEN e.entry_id IS NULL THEN
               format('Refund %s of payment %s names entry %s, which is not in the ledger.', r.id, r.payment, r.entry)
            ELSE
               format('Refund %s of payment %s names entry %s, which takes nothing back: it credits %s %s.',
                      r.id, r.payment, r.entry, e.delta, e.unit) END AS message,
       e.entry_id::text AS first_bad_entry
FROM {all_refunds} r
LEFT JOIN {entries} e ON e.entry_id::text = r.entry
WHERE (r.state = 'done' OR NOT r.own) AND (r.entry <> '' OR (r.units > 0 AND r.state <> 'failed'))
  AND (e.entry_id IS NULL OR e.delta > 0)
