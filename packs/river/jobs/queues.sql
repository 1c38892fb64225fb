-- reads: river_queue
SELECT q.name AS queue,
       q.paused_at IS NOT NULL AS paused,
       NULL::integer AS "limit"
FROM river_queue q
