-- A history may begin before the months that the migration made: what DEFAULT caught moves into months of its own.
SELECT make_wellness_partitions()
