-- One entry a user and day, in partitions of a month each.

CREATE TABLE public.wellness_entries (
    id                 uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid(),
    user_id            uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    -- The day as the user's own calendar has it.
    date               date NOT NULL,
    sleep_hours        numeric(4,2),
    water_intake_ml    integer,
    exercise_minutes   integer,
    meditation_minutes integer,
    mood_score         numeric(3,2),
    energy_level       numeric(3,2),
    nutrition_notes    text,
    created_at         timestamptz DEFAULT pg_catalog.now(),
    updated_at         timestamptz DEFAULT pg_catalog.now(),
    -- A key of a partitioned table has to contain the column that decides about the partition.
    CONSTRAINT wellness_entries_pkey PRIMARY KEY (id, date),
    CONSTRAINT wellness_entries_user_id_date_key UNIQUE (user_id, date),
    -- Not-a-number is more than any number, so the upper bounds refuse it as well.
    CONSTRAINT wellness_entries_sleep_hours_check CHECK (sleep_hours >= 0 AND sleep_hours <= 24),
    CONSTRAINT wellness_entries_water_intake_ml_check CHECK (water_intake_ml >= 0),
    CONSTRAINT wellness_entries_exercise_minutes_check CHECK (exercise_minutes >= 0),
    CONSTRAINT wellness_entries_meditation_minutes_check CHECK (meditation_minutes >= 0),
    CONSTRAINT wellness_entries_mood_score_check CHECK (mood_score >= 0 AND mood_score <= 9.99),
    CONSTRAINT wellness_entries_energy_level_check CHECK (energy_level >= 0 AND energy_level <= 9.99),
    -- Each month that occurs becomes a partition, so the past has to begin somewhere; -infinity is a date too. The end
    -- of the present depends on the day one asks and is left to the trigger below.
    CONSTRAINT wellness_entries_date_check CHECK (date >= DATE '2000-01-01')
) PARTITION BY RANGE (date);

-- A user's entries, and one of a day, are found through the key (user_id, date).
CREATE INDEX wellness_date_idx ON public.wellness_entries (date);

CREATE TRIGGER update_wellness_updated_at
    BEFORE UPDATE ON public.wellness_entries
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Nobody has slept tomorrow. Today is the user's: while one user's Tuesday begins, another's Monday lasts for more than
-- a day. It is a trigger because a CHECK must not depend on the clock, and a row trigger because that is what partitions
-- inherit, so that writing to one directly does not go around it.
CREATE FUNCTION public.refuse_future_wellness() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_now   constant timestamptz := pg_catalog.clock_timestamp();
    v_today date;
BEGIN
    -- No zone is a whole day behind UTC, so a date before yesterday is in nobody's future, and bulk loads need no look
    -- at the user. Who moves to a zone in which an entry lies ahead can still change the other columns of it.
    IF NEW.date >= (v_now AT TIME ZONE 'UTC')::date - 1
       AND NOT (TG_OP = 'UPDATE' AND NEW.date = OLD.date AND NEW.user_id = OLD.user_id) THEN
        v_today := public.user_today(NEW.user_id, v_now);
        IF NEW.date > v_today THEN
            RAISE check_violation USING
                MESSAGE = pg_catalog.format('%s is in the future: for user %s it is %s', NEW.date, NEW.user_id, v_today),
                SCHEMA = 'public', TABLE = 'wellness_entries', COLUMN = 'date';
        END IF;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER refuse_future_wellness
    BEFORE INSERT OR UPDATE ON public.wellness_entries
    FOR EACH ROW EXECUTE FUNCTION public.refuse_future_wellness();

ALTER TABLE public.wellness_entries ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.wellness_entries FROM PUBLIC, anon, authenticated, service_role;

-- Takes what belongs to no other partition. It should be empty: entries wait here when a month has no partition yet,
-- until the function below makes one for them. A partition inherits neither row security nor the lack of grants.
CREATE TABLE public.wellness_entries_default PARTITION OF public.wellness_entries DEFAULT;

ALTER TABLE public.wellness_entries_default ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.wellness_entries_default FROM PUBLIC, anon, authenticated, service_role;

-- Whether a month has its partition.
CREATE FUNCTION public.has_wellness_partition(p_month date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = 'public.wellness_entries'::pg_catalog.regclass
                      AND c.relname = 'wellness_entries_' || pg_catalog.to_char(p_month, 'YYYY_MM'))
$$;

-- Makes the partitions that are missing, from p_back months ago until p_ahead months from now, and one for each month
-- of which DEFAULT caught entries, which move into it. Returns what was made, and how many entries moved. To be run
-- daily or weekly; while nothing is missing it holds nobody up. It runs with its owner's rights because only an owner
-- can make a partition, and gives up after some seconds (55P03) instead of holding everyone up behind a long
-- transaction.
CREATE FUNCTION public.make_wellness_partitions(p_ahead integer DEFAULT 12, p_back integer DEFAULT 0)
RETURNS TABLE (partition_name text, entries_moved bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET lock_timeout = '300ms' AS $$
DECLARE
    v_tries  constant integer := 30;
    v_this   constant timestamp := pg_catalog.date_trunc('month', pg_catalog.statement_timestamp() AT TIME ZONE 'UTC');
    v_wanted date[];
    v_month  date;
BEGIN
    IF COALESCE(p_ahead NOT BETWEEN 0 AND 120, true) OR COALESCE(p_back NOT BETWEEN 0 AND 120, true) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('months ahead and back are numbers from 0 to 120, not %s and %s',
                                        COALESCE(p_ahead::text, 'null'), COALESCE(p_back::text, 'null'));
    END IF;

    v_wanted := ARRAY(SELECT (v_this + pg_catalog.make_interval(months => m))::date
                        FROM pg_catalog.generate_series(-p_back, p_ahead) AS m);

    -- The first lock keeps other runs out and nobody else. The others come only where there is something to do. Whoever
    -- is about to enter something has to wait before a partition is chosen for it: an entry that is already on its way to
    -- DEFAULT would be refused there once its month has a partition. A new partition refers to users, which locks that
    -- table too. No order of these locks suits everybody who holds one of them already and wants another, so each try
    -- waits less long than a deadlock needs to be noticed, lets go of everything, and begins again.
    FOR v_try IN 1..v_tries LOOP
        BEGIN
            LOCK TABLE ONLY public.wellness_entries IN SHARE UPDATE EXCLUSIVE MODE;
            IF NOT EXISTS (SELECT FROM public.wellness_entries_default)
               AND NOT EXISTS (SELECT FROM pg_catalog.unnest(v_wanted) AS m WHERE NOT public.has_wellness_partition(m)) THEN
                RETURN;
            END IF;
            LOCK TABLE public.users IN SHARE ROW EXCLUSIVE MODE;
            LOCK TABLE ONLY public.wellness_entries IN ACCESS EXCLUSIVE MODE;
            LOCK TABLE public.wellness_entries_default IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF v_try = v_tries THEN
                RAISE lock_not_available USING
                    MESSAGE = 'partitions could not be made, because the tables were in use all the time',
                    HINT = 'Try again when no transaction stays open for long.';
            END IF;
            PERFORM pg_catalog.pg_sleep(0.1 + 0.1 * pg_catalog.random());
        END;
    END LOOP;

    FOR v_month IN
        SELECT m FROM pg_catalog.unnest(v_wanted) AS m
        UNION
        SELECT pg_catalog.date_trunc('month', e.date::timestamp)::date FROM public.wellness_entries_default e
        ORDER BY 1
    LOOP
        CONTINUE WHEN public.has_wellness_partition(v_month);
        partition_name := 'wellness_entries_' || pg_catalog.to_char(v_month, 'YYYY_MM');
        EXECUTE pg_catalog.format(
            'CREATE TABLE public.%I (LIKE public.wellness_entries INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
            partition_name);
        EXECUTE pg_catalog.format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', partition_name);
        EXECUTE pg_catalog.format(
            'REVOKE ALL ON TABLE public.%I FROM PUBLIC, anon, authenticated, service_role', partition_name);
        EXECUTE pg_catalog.format(
            'WITH moved AS (DELETE FROM public.wellness_entries_default WHERE date >= %L AND date < %L RETURNING *)
             INSERT INTO public.%I SELECT * FROM moved',
            v_month, (v_month + INTERVAL '1 month')::date, partition_name);
        GET DIAGNOSTICS entries_moved = ROW_COUNT;
        EXECUTE pg_catalog.format(
            'ALTER TABLE public.wellness_entries ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            partition_name, v_month, (v_month + INTERVAL '1 month')::date);
        RETURN NEXT;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION public.refuse_future_wellness(), public.make_wellness_partitions(integer, integer),
    public.has_wellness_partition(date)
    FROM PUBLIC, anon, authenticated, service_role;

-- Two years back, because people bring their history with them, and a year ahead.
SELECT public.make_wellness_partitions(12, 24);
