-- title: Progress is a percentage
-- severity: error
-- reads: module_progress
-- why: Progress below nothing or beyond the whole spoils what the user and the reports see.
-- cause: A constraint is missing or was not validated.
-- remedy: Set progress_percentage to a value from 0 to 100.

SELECT 'module_progress' AS table_name, p.id AS key, p.user_id AS account, NULL::text AS unit,
       '0 to 100' AS expected, p.progress_percentage AS actual,
       format('User %s is at %s %% of module %s.', p.user_id, p.progress_percentage, p.module_name) AS message
FROM module_progress p
WHERE p.progress_percentage < 0 OR p.progress_percentage > 100
