-- A history may begin before the months that the migration made: what DEFAULT caught moves into months of its own.
SELECT maintain_activity_logs_partitions()
