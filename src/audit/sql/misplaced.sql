-- Entries and balances outside their domain, and why. Of a time that is infinite to_char says nothing.
SELECT e.account::text, e.unit::text, e.entry_id::text, e.kind::text, coalesce(nullif(to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''), e.at::text) AS at, e.delta::text, e.running::text, to_char(c.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS opened_at,
       CASE WHEN e.delta IS NULL THEN 'sign' [[magnitude:WHEN e.magnitude < 0 THEN 'amount' ]]WHEN {odd:e.delta} THEN 'odd' WHEN e.at IS NULL THEN 'no_time' [[!cached:WHEN e.account IS NULL THEN 'no_account' WHEN e.unit IS NULL THEN 'no_unit' ]]WHEN [[zero:e.running < 0]][[floor:e.running < CASE WHEN c.account IS NULL THEN 0 ELSE c.floor END]][[unbounded:false]] THEN 'negative'
            WHEN e.at > now() + interval '1 second' * $2 THEN 'future' ELSE 'early' END AS fault,
       [[floor:CASE WHEN c.account IS NULL THEN 0 ELSE c.floor END]][[!floor:0]]::text AS floor
  FROM ({entries}) AS e LEFT JOIN ({balances}) AS c ON c.account = e.account AND c.unit = e.unit
 WHERE e.delta IS NULL OR e.at IS NULL OR [[!cached:e.account IS NULL OR e.unit IS NULL OR ]][[magnitude:e.magnitude < 0 OR ]]{odd:e.delta} OR [[zero:e.running < 0]][[floor:e.running < CASE WHEN c.account IS NULL THEN 0 ELSE c.floor END]][[unbounded:false]] OR e.at > now() + interval '1 second' * $2 OR e.at < c.opened_at - interval '1 second' * $2
UNION ALL
SELECT c.account::text, c.unit::text, NULL, NULL, NULL, NULL, c.balance::text, NULL, 'cache', [[floor:c.floor]][[!floor:0]]::text
  FROM ({balances}) AS c WHERE c.balance < [[floor:c.floor]][[!floor:0]]
