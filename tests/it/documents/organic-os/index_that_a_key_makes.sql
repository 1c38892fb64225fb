-- expect: wrong two indexes hold the same columns in the same order
CREATE TABLE wellness_entries (user_id integer, date date, UNIQUE (user_id, date));
CREATE INDEX wellness_user_date_idx ON wellness_entries (user_id, date);
SELECT count(*) = 2 FROM pg_index WHERE indrelid = 'wellness_entries'::regclass AND indkey::text = '1 2';
