-- expect: wrong a streak is lost where the user's day is not the server's
-- One of the two lives on another date than UTC at any time of the day. One has an entry of their own today, the other
-- one of their own yesterday, so for both the streak is 1.
SET TIME ZONE 'UTC';
CREATE TABLE users (id integer PRIMARY KEY, timezone text DEFAULT 'UTC');
CREATE TABLE wellness_entries (user_id integer, date date, UNIQUE (user_id, date));
INSERT INTO users VALUES (1, 'Pacific/Kiritimati'), (2, 'Etc/GMT+12');
INSERT INTO wellness_entries SELECT id, (now() AT TIME ZONE timezone)::date - (id - 1) FROM users;
CREATE FUNCTION get_wellness_streak(p_user_id integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_day    date := CURRENT_DATE;
    v_streak integer := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM wellness_entries WHERE user_id = p_user_id AND date = v_day) THEN
        v_day := v_day - 1;
    END IF;
    WHILE EXISTS (SELECT FROM wellness_entries WHERE user_id = p_user_id AND date = v_day) LOOP
        v_streak := v_streak + 1;
        v_day := v_day - 1;
    END LOOP;
    RETURN v_streak;
END
$$;
SELECT bool_or(get_wellness_streak(id) = 0) FROM (VALUES (1), (2)) AS u (id);
