-- expect: 42702
-- The argument has the name of a column, so every call fails.
CREATE TABLE tarot_readings (id uuid PRIMARY KEY, user_id uuid NOT NULL);
CREATE FUNCTION user_can_access_reading(reading_id uuid, user_id uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM tarot_readings WHERE id = reading_id AND user_id = user_id);
END
$$;
SELECT user_can_access_reading(gen_random_uuid(), gen_random_uuid());
