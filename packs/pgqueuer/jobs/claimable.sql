-- reads: pgqueuer
SELECT p.id AS job_id,
       NULL::text AS queue,
       p.entrypoint AS kind,
       greatest(p.execute_after, p.created) AS since
FROM pgqueuer p
WHERE p.status = 'queued' AND p.execute_after < now()
ORDER BY p.priority DESC, p.id
