-- title: Memory suffices for every connection
-- why: Each sort and each hash of each connection may take work_mem. A server that runs out of memory is ended by its system.
-- remedy: Set work_mem lower, for all but the roles that need more, or max_connections, with a pooler in front.

-- Only the machine knows its memory; a container may have less.
SELECT NULL AS object, CASE WHEN most IS NULL THEN 'skipped' WHEN most > memory THEN 'warn' ELSE 'ok' END AS verdict,
       CASE WHEN most IS NULL THEN 'work_mem is set for this session by its role or by PGOPTIONS, and this role does not see the server''s own: look without them, or as a superuser'
            ELSE format('max_connections times work_mem, and shared_buffers, are {bytes %s}%s', most, CASE WHEN memory IS NOT NULL THEN format('; the machine has {bytes %s}', memory) END) END AS message, most AS value, 'bytes' AS unit
  FROM (SELECT current_setting('max_connections')::numeric * (SELECT setting::numeric * 1024 FROM ({settings}) s WHERE name = 'work_mem')
               + (SELECT setting::numeric * 8192 FROM pg_settings WHERE name = 'shared_buffers') AS most) m
 CROSS JOIN (SELECT CASE WHEN has_function_privilege('pg_read_file(text, bigint, bigint, boolean)', 'EXECUTE')
                         -- The right to a function is asked for even where the function is not called, so it stands in a query of its own.
                         THEN (regexp_match(query_to_xml('SELECT pg_read_file(''/proc/meminfo'', 0, 200, true) AS told', false, false, '')::text, 'MemTotal: *(\d+) kB'))[1]::numeric * 1024 END AS memory) h
