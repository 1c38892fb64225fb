-- A page of payments, newest first. Each condition is left out where its parameter is null: $1 a text to look for, $2 a
-- status, $3 and $4 the time from and to below which, $5 and $6 the smallest and the largest amount, $7 the currency, $8
-- the account, $9 whether only what may be refunded. The page goes on after a payment where $10 says so: $11 its time, $12 its id.
SELECT {what}
  FROM ({payments}
       ) p
 WHERE ($1::text IS NULL
        OR strpos(lower(concat_ws(E'\n', p.payment_id::text, p.customer::text, array_to_string(p.provider_ids::text[], E'\n'))), lower($1)) > 0)
   AND ($2::text IS NULL OR p.status::text = $2)
   AND ($3::timestamptz IS NULL OR p.created_at >= $3)
   AND ($4::timestamptz IS NULL OR p.created_at < $4)
   AND ($5::text IS NULL OR p.amount >= $5::numeric)
   AND ($6::text IS NULL OR p.amount <= $6::numeric)
   AND ($7::text IS NULL OR upper(btrim(p.currency::text)) = $7)
   AND ($8::text IS NULL OR {account} = {account_parameter})
   AND (NOT $9::boolean OR p.refundable)
   -- Where the order is descending, nulls come first.
   AND (NOT $10::boolean
        OR CASE WHEN $11::timestamptz IS NULL THEN p.created_at IS NOT NULL OR {key} < {key_parameter}
                ELSE p.created_at <= $11::timestamptz AND (p.created_at < $11::timestamptz OR {key} < {key_parameter}) END)
