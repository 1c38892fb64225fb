-- What the entries of a user come to. Row security applies to the caller: a user who asks about somebody else is told
-- what they may see, which is nothing.

-- Averages over exactly p_days days, of which p_today is the last.
CREATE FUNCTION public.wellness_stats_on(p_user_id uuid, p_days integer, p_today date)
RETURNS TABLE (
    avg_sleep      numeric,
    avg_mood       numeric,
    avg_energy     numeric,
    avg_water      integer,
    avg_exercise   integer,
    avg_meditation integer,
    entries_count  bigint
)
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
    IF COALESCE(p_days NOT BETWEEN 1 AND 36600, true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('a number of days from 1 to 36600 is needed, not %s',
                                        COALESCE(p_days::text, 'null'));
    END IF;
    IF p_today IS NULL OR NOT pg_catalog.isfinite(p_today) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the last day is needed';
    END IF;
    RETURN QUERY
    SELECT pg_catalog.avg(w.sleep_hours)::numeric(4,2),
           pg_catalog.avg(w.mood_score)::numeric(4,2),
           pg_catalog.avg(w.energy_level)::numeric(4,2),
           pg_catalog.avg(w.water_intake_ml)::integer,
           pg_catalog.avg(w.exercise_minutes)::integer,
           pg_catalog.avg(w.meditation_minutes)::integer,
           pg_catalog.count(*)
      FROM public.wellness_entries w
     WHERE w.user_id = p_user_id AND w.date > p_today - p_days AND w.date <= p_today;
END
$$;

CREATE FUNCTION public.get_wellness_stats(p_user_id uuid, p_days integer DEFAULT 30)
RETURNS TABLE (
    avg_sleep      numeric,
    avg_mood       numeric,
    avg_energy     numeric,
    avg_water      integer,
    avg_exercise   integer,
    avg_meditation integer,
    entries_count  bigint
)
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT s.avg_sleep, s.avg_mood, s.avg_energy, s.avg_water, s.avg_exercise, s.avg_meditation, s.entries_count
      FROM public.wellness_stats_on(p_user_id, p_days, public.user_today(p_user_id)) AS s
$$;

-- Days in a row, counted back from p_today, or from the day before where p_today has no entry yet: a streak is not lost
-- before the day is over. In descending order consecutive days and their row numbers have one sum, and every gap lowers
-- it, so the first run is that of the highest sum. Always one row.
CREATE FUNCTION public.wellness_streak_on(p_user_id uuid, p_today date)
RETURNS TABLE (streak integer, last_entry date, total_entries bigint)
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
    IF p_today IS NULL OR NOT pg_catalog.isfinite(p_today) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the last day is needed';
    END IF;
    RETURN QUERY
    WITH days AS (
        SELECT w.date AS day FROM public.wellness_entries w WHERE w.user_id = p_user_id
    ), runs AS (
        SELECT d.day, d.day + pg_catalog.row_number() OVER (ORDER BY d.day DESC)::integer AS run
          FROM days d
         WHERE d.day <= p_today
    ), latest AS (
        SELECT pg_catalog.max(r.run) AS run FROM runs r HAVING pg_catalog.max(r.day) >= p_today - 1
    )
    SELECT (SELECT pg_catalog.count(*) FROM runs r JOIN latest l ON l.run = r.run)::integer,
           pg_catalog.max(d.day),
           pg_catalog.count(*)
      FROM days d;
END
$$;

CREATE FUNCTION public.get_wellness_streak(p_user_id uuid)
RETURNS TABLE (streak integer, last_entry date, total_entries bigint)
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT s.streak, s.last_entry, s.total_entries
      FROM public.wellness_streak_on(p_user_id, public.user_today(p_user_id)) AS s
$$;

REVOKE ALL ON FUNCTION
    public.wellness_stats_on(uuid, integer, date),
    public.get_wellness_stats(uuid, integer),
    public.wellness_streak_on(uuid, date),
    public.get_wellness_streak(uuid)
    FROM PUBLIC, anon, authenticated, service_role;
