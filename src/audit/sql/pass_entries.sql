-- The entries of a part of the accounts, in the order in which the table has them. What makes an entry doubtful for itself
-- takes its time away.
COPY (SELECT {account}, e.unit::text, e.delta, e.running,
             [[magnitude:CASE WHEN e.magnitude < 0 THEN NULL ELSE ]][[before:CASE WHEN e.running_before <> e.running - e.delta THEN NULL ELSE ]]e.at[[before: END]][[magnitude: END]], e.seq
        FROM ({ledger}) AS e
       WHERE {part}) TO STDOUT (FORMAT binary)
