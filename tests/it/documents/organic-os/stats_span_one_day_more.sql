-- expect: wrong seven days are eight
CREATE TABLE wellness_entries (user_id integer, date date);
INSERT INTO wellness_entries SELECT 1, CURRENT_DATE - n FROM generate_series(0, 20) AS n;
SELECT count(*) = 8 FROM wellness_entries WHERE user_id = 1 AND date >= CURRENT_DATE - 7;
