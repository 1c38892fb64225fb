-- title: Checkpoints come by the clock
-- why: A checkpoint that comes early because the log is full writes the same pages again and again.
-- remedy: Give max_wal_size more room.

WITH counted AS (
  SELECT checkpoints_timed::numeric AS timed, checkpoints_req::numeric AS requested, stats_reset FROM pg_stat_bgwriter -- until 16
  SELECT num_timed::numeric AS timed, num_requested::numeric AS requested, stats_reset FROM pg_stat_checkpointer -- since 17
)
SELECT NULL AS object, CASE WHEN timed + requested < 20 THEN 'skipped' WHEN requested > timed THEN 'warn' ELSE 'ok' END AS verdict,
       CASE WHEN timed + requested < 20 THEN format('statistics are too young: %s checkpoints so far', timed + requested)
            ELSE format('%s of %s checkpoints were asked for before their time, since %s UTC', requested, timed + requested, to_char(stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')) END AS message,
       round(requested / nullif(timed + requested, 0), 6) AS value, 'ratio' AS unit
  FROM counted
