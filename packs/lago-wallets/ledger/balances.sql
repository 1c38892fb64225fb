-- reads: wallets
-- One row per wallet. Only one whose credits are traced must not be below 0.
SELECT w.id AS account,
       'CREDITS'::text AS unit,
       w.credits_balance AS balance,
       w.created_at AT TIME ZONE 'UTC' AS opened_at,
       CASE WHEN w.traceable THEN 0 END AS floor
-- traceable is an addition that a database may lack: the name then means this NULL.
FROM (VALUES (NULL::boolean)) AS absent (traceable),
     LATERAL (SELECT o.id, o.credits_balance, o.created_at, traceable FROM wallets o) w
