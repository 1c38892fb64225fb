-- reads: job, queue
-- The first of each queue, whose jobs have an order of their own: by priority and by when they were added. Of those that were
-- added at once, version 10 takes the smallest id, and newer ones take them as their index has them. What the policy of the
-- queue holds back is left out, as in jobs.sql. Versions differ in some columns, as there.
SELECT f.id AS job_id,
       q.name AS queue,
       q.name AS kind,
       f.start_after AS since
FROM (SELECT false AS blocked, NULL::integer AS expire_seconds) v
CROSS JOIN (SELECT name FROM queue) q
CROSS JOIN LATERAL (
    SELECT j.id, j.start_after, row_number() OVER (ORDER BY j.priority DESC, j.created_on, j.old, j.start_after, j.spot) AS place
      FROM (SELECT j.id, j.start_after, j.priority, j.created_on, CASE WHEN expire_seconds IS NULL THEN j.id END AS old, j.ctid AS spot
              FROM job j
             WHERE j.name = q.name AND j.state < 'active' AND NOT blocked AND j.start_after <= now()
               AND NOT ((j.policy = 'singleton') IS TRUE
                        AND EXISTS (SELECT FROM job o
                                     WHERE o.name = j.name AND o.state = 'active' AND o.policy = 'singleton'
                                       AND coalesce(o.singleton_key, '') = coalesce(j.singleton_key, '')))
               AND NOT ((j.policy = 'stately') IS TRUE
                        AND EXISTS (SELECT FROM job o
                                     WHERE o.name = j.name AND o.state = 'active' AND o.policy = 'stately'
                                       AND coalesce(o.singleton_key, '') = coalesce(j.singleton_key, '')))
               AND NOT ((j.policy = 'key_strict_fifo') IS TRUE
                        AND (EXISTS (SELECT FROM job o
                                      WHERE o.name = j.name AND o.singleton_key = j.singleton_key AND o.policy = 'key_strict_fifo'
                                        AND o.state IN ('active', 'retry', 'failed') AND o.id <> j.id)
                             OR EXISTS (SELECT FROM job o
                                         WHERE o.name = j.name AND o.singleton_key = j.singleton_key AND o.policy = 'key_strict_fifo'
                                           AND o.state = 'created' AND j.state = 'created' AND NOT blocked AND o.start_after <= now()
                                           AND (o.created_on, o.id) < (j.created_on, j.id))))
             ORDER BY j.priority DESC, j.created_on, old, j.start_after, j.ctid
             LIMIT 10000) j) f
ORDER BY f.place, q.name
