-- title: Refunds are recorded once
-- severity: error
-- for: refunds
-- reads: refunds.sql
-- why: One refund that is there twice counts twice: in what may still be refunded, in reports, and in what is taken back.
-- cause: The gateway delivered an event twice, or a refund was retried, and nothing stopped the second row.
-- remedy: Look the refund up at the gateway by its id, and mark the row that is too many as failed.

-- Its names are not those of tables that the pack reads.
WITH bursar_standing AS NOT MATERIALIZED (
    SELECT r.refund_id::text AS id, r.payment_id::text AS payment, r.currency::text AS currency, r.created_at,
           lower(btrim(r.provider_id::text)) AS provider_id, r.ref::text AS entry
    FROM {own_refunds} r
    WHERE r.state IS DISTINCT FROM 'failed'
),
bursar_several AS (
    SELECT array_agg(s.id ORDER BY s.created_at, s.id) AS ids, array_agg(s.payment ORDER BY s.created_at, s.id) AS payments,
           min(s.currency) AS currency, 'id at the gateway' AS what, s.provider_id AS same
    FROM bursar_standing s
    WHERE s.provider_id <> ''
    GROUP BY s.provider_id
    HAVING count(*) > 1
    UNION ALL
    -- Two refunds with both in common are one finding.
    SELECT array_agg(s.id ORDER BY s.created_at, s.id), array_agg(s.payment ORDER BY s.created_at, s.id),
           min(s.currency), 'entry', s.entry
    FROM bursar_standing s
    WHERE s.entry <> ''
    GROUP BY s.entry
    HAVING count(*) > 1 AND count(DISTINCT coalesce(nullif(s.provider_id, ''), s.id)) > 1
)
SELECT {refunds_name} AS table_name, s.ids[2] AS key, NULL AS account, s.currency AS unit, '1 refund' AS expected,
       format('%s refunds', cardinality(s.ids)) AS actual,
       format('Refunds %s of payment %s have the same %s: %s.', array_to_string(s.ids, ' and '), s.payments[2], s.what,
              s.same) AS message
FROM bursar_several s
