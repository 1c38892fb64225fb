-- title: Indexes are read from memory
-- why: An index that does not fit into memory makes every search wait for the disk.
-- remedy: Drop what `indexes` calls unused or redundant, or give shared_buffers more memory.

SELECT NULL AS object,
       CASE WHEN hit + read < 100000 THEN 'skipped' WHEN hit / (hit + read) < 0.90 THEN 'fail' WHEN hit / (hit + read) < 0.99 THEN 'warn' ELSE 'ok' END AS verdict,
       CASE WHEN hit + read < 100000 THEN format('statistics are too young: {count %s} blocks were asked for so far', hit + read)
            ELSE format('%s %% of {count %s} blocks were in memory', round(100 * hit / (hit + read), 2), hit + read) END AS message,
       round(hit / nullif(hit + read, 0), 6) AS value, 'ratio' AS unit
  FROM (SELECT coalesce(sum(idx_blks_hit), 0) AS hit, coalesce(sum(idx_blks_read), 0) AS read FROM pg_statio_user_indexes) s
