-- For applications that keep Stripe's own amounts, whose decimals differ from ISO 4217's in some currencies.

-- Minor units as Stripe has them as those of ISO 4217, which refunds count in; null where there is no such amount.
CREATE FUNCTION bursar.from_stripe(p_amount bigint, p_currency text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN a.minor = pg_catalog.trunc(a.minor) THEN a.minor::bigint END
      FROM (SELECT CASE pg_catalog.upper(p_currency)
                       -- These lost their decimals, and Stripe's amounts kept them.
                       WHEN 'ISK' THEN p_amount / 100::numeric
                       WHEN 'UGX' THEN p_amount / 100::numeric
                       -- Its fifths are no decimals, so Stripe counts whole ones.
                       WHEN 'MGA' THEN p_amount * 100::numeric
                       ELSE p_amount
                   END) AS a (minor)
$$;

SELECT bursar.close_to_strangers();
