-- The terms of thousands of refunds in one statement. The server parses and plans the body of an SQL function anew for each
-- call that comes from another SQL function, and keeps the plan of a PL/pgSQL function. These two are asked for each
-- refund; they answer as before.

CREATE OR REPLACE FUNCTION bursar.currency_digits(p_currency text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE
               WHEN p_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI',
                                   'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
               WHEN p_currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
               WHEN p_currency IN ('CLF', 'UYW') THEN 4
               ELSE 2
           END;
END
$$;

CREATE OR REPLACE FUNCTION bursar.refund_limit(p_currency text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN bursar.currency_limit('refund_limit', p_currency);
END
$$;

SELECT bursar.close_to_strangers();
