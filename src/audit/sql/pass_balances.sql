-- The cached balances of a part of the accounts, with the earliest time that an entry of theirs may have.
COPY (SELECT {account}, e.unit::text, e.balance, e.opened_at - interval '1 second' * {tolerance}::float8,
             [[floor:e.floor]][[!floor:NULL::bigint]], [[opening:e.opening]][[!opening:NULL::bigint]]
        FROM ({cached}
) AS e
       WHERE {part}) TO STDOUT (FORMAT binary)
