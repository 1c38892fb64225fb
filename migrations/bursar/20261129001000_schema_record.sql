-- The record of a schema also holds what the triggers call, rules, columns, owners, members of roles, and a digest of
-- itself. Which kinds there are is up to the program that takes it; one that is older takes fewer.
-- squawk-ignore ban-drop-constraint -- the program knows the kinds
ALTER TABLE bursar.schema_objects DROP CONSTRAINT IF EXISTS schema_objects_kind_check;
