-- expect: wrong an entry of the year after next is taken
CREATE TABLE wellness_entries (user_id integer, date date NOT NULL, UNIQUE (user_id, date));
INSERT INTO wellness_entries VALUES (1, CURRENT_DATE + 700), (1, 'infinity');
SELECT count(*) = 2 FROM wellness_entries;
