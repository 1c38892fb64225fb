UNION ALL
-- Each refund was asked for or brought in by an operation, and each state in which one ends was reached by one. Of a refund
-- that is at its end the newest operation says what it took.
SELECT wrong.kind, NULL, r.number, wrong.expected, wrong.found
  FROM bursar.refunds r
  LEFT JOIN (SELECT o.parameters ->> 'refund' AS refund, bool_or(o.command IN ('refund create', 'refund sync')) AS is_made,
                    array_agg(DISTINCT o.outcome) AS outcomes,
                    (array_agg(o.parameters ->> 'units_taken' ORDER BY o.id DESC))[1] AS units_taken,
                    (array_agg(o.parameters ->> 'payment' ORDER BY o.id DESC))[1] AS payment,
                    (array_agg(o.outcome ORDER BY o.id DESC))[1] AS outcome
               FROM bursar.operations o
              WHERE o.command LIKE 'refund %' AND o.parameters ->> 'refund' IS NOT NULL
              GROUP BY 1) k ON k.refund = r.id::text
 CROSS JOIN LATERAL (SELECT min(t.to_state) AS state FROM bursar.refund_transitions t
                      WHERE t.refund = r.id AND t.to_state IN ('succeeded', 'failed', 'canceled', 'rejected')
                        AND t.to_state <> ALL (k.outcomes)) AS unlogged
 CROSS JOIN LATERAL (VALUES
       ('refund_unlogged', k.is_made IS NOT TRUE, 'an operation that made refund ' || r.id, NULL),
       ('refund_state_unlogged',
        k.is_made AND r.state IN ('succeeded', 'failed', 'canceled', 'rejected') AND k.outcome IS DISTINCT FROM r.state,
        k.outcome, r.state),
       ('refund_changed', k.is_made AND k.payment IS DISTINCT FROM r.payment, k.payment, r.payment),
       ('refund_changed',
        k.is_made AND k.outcome = r.state AND k.units_taken IS DISTINCT FROM r.units_taken::text,
        k.units_taken, r.units_taken::text),
       ('refund_step_unlogged',
        k.is_made AND unlogged.state IS NOT NULL,
        array_to_string(k.outcomes, ', '), unlogged.state)
       ) AS wrong (kind, holds, expected, found)
 WHERE wrong.holds
