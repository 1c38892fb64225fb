-- reads: solid_queue_processes, solid_queue_jobs, solid_queue_pauses
-- A star alone is every queue. One behind a name is a pattern: it is shown as it is, and beside it the queues that it fits. A
-- worker takes the queues that it names in turn. In which order it takes those of one pattern is not told, nor all of them while
-- one is paused.
WITH RECURSIVE known (queue) AS (
    (SELECT j.queue_name FROM solid_queue_jobs j ORDER BY j.queue_name LIMIT 1)
    UNION ALL
    SELECT (SELECT j.queue_name FROM solid_queue_jobs j WHERE j.queue_name > k.queue ORDER BY j.queue_name LIMIT 1)
      FROM known k
     WHERE k.queue IS NOT NULL
), named (process, at, name) AS (
    SELECT p.id, n.at, n.name
      FROM solid_queue_processes p
     CROSS JOIN LATERAL regexp_split_to_table(substring(p.metadata FROM '"queues":"([^"]*)"'), ' *, *') WITH ORDINALITY n (name, at)
     WHERE p.kind = 'Worker'
), fitting (process, at, name) AS (
    SELECT n.process, n.at, k.queue::text
      FROM named n
      JOIN known k ON n.name LIKE '%*' AND starts_with(k.queue::text, left(n.name, -1))
     WHERE n.name <> '*'
)
SELECT p.name AS worker,
       CASE WHEN NOT t.everything THEN
           ARRAY(SELECT f.name
                   FROM (SELECT * FROM named UNION ALL SELECT * FROM fitting) f
                  WHERE f.process = p.id
                  GROUP BY f.name
                  ORDER BY min(f.at), f.name) END AS queues,
       CASE WHEN t.everything THEN CASE WHEN NOT EXISTS (SELECT FROM solid_queue_pauses) THEN false END
            WHEN NOT EXISTS (SELECT FROM fitting f WHERE f.process = p.id GROUP BY f.at HAVING count(*) > 1) THEN NOT t.everything END AS in_turn,
       NULL::text[] AS kinds,
       p.last_heartbeat_at AT TIME ZONE 'UTC' AS heartbeat,
       p.created_at AT TIME ZONE 'UTC' AS since
FROM solid_queue_processes p
CROSS JOIN LATERAL (SELECT bool_or(n.name = '*') AS everything FROM named n WHERE n.process = p.id) t
WHERE p.kind = 'Worker'
