-- reads: _private_job_queues
-- One row per named queue, whose jobs run one after the other. None can be paused.
SELECT q.queue_name AS queue, NULL::boolean AS paused, 1 AS "limit"
FROM _private_job_queues q
