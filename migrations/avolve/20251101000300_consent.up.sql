-- What people agreed to, and when. Every statement is a row of its own and none is ever changed: somebody who changes
-- their mind adds a row, and the latest one of a user and interaction holds.

CREATE TABLE public.user_consent (
    id               uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    -- RESTRICT: CASCADE would erase the trail.
    user_id          uuid NOT NULL REFERENCES public.users (id) ON DELETE RESTRICT,
    interaction_type text NOT NULL,
    status           text NOT NULL,
    -- The terms that were shown, each by its own name or text.
    terms            text[] NOT NULL DEFAULT '{}',
    -- The trigger below gives the time.
    created_at       timestamptz NOT NULL,
    CONSTRAINT user_consent_interaction_type_check CHECK (interaction_type ~ '\S'),
    CONSTRAINT user_consent_status_check CHECK (status IN ('approved', 'declined', 'revoked')),
    -- An approval of nothing in particular proves nothing.
    CONSTRAINT user_consent_terms_check CHECK (
        (status <> 'approved' OR pg_catalog.cardinality(terms) > 0)
        AND COALESCE(pg_catalog.array_ndims(terms), 1) = 1
        AND pg_catalog.array_position(terms, NULL) IS NULL
        AND pg_catalog.array_position(terms, '') IS NULL)
);

-- The look-up of the application: somebody's statements about one interaction since some time.
CREATE INDEX idx_user_consent_user_interaction ON public.user_consent (user_id, interaction_type, created_at DESC);
CREATE INDEX idx_user_consent_created_at ON public.user_consent (created_at DESC);

CREATE TRIGGER user_consent_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON public.user_consent
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Puts the statements of a user about an interaction in one order: they wait for each other, and the clock is read
-- after the waiting. Only then can it be told whether there is an approval that a revocation takes back. The lock is an
-- advisory one, because users may lock no row of theirs. A time that is given, as an import does, is kept; users and
-- the backend may not give one.
CREATE FUNCTION public.user_consent_order() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_last public.user_consent;
BEGIN
    IF NEW.created_at IS NOT NULL THEN
        RETURN NEW;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(
        pg_catalog.hashtextextended(pg_catalog.format('user_consent %s %s', NEW.user_id, NEW.interaction_type), 0));
    SELECT * INTO v_last
      FROM public.user_consent c
     WHERE c.user_id = NEW.user_id AND c.interaction_type = NEW.interaction_type
     ORDER BY c.created_at DESC, c.id DESC
     LIMIT 1;
    -- A clock that was set back must not put a revocation before its approval.
    NEW.created_at := GREATEST(pg_catalog.clock_timestamp(), v_last.created_at + interval '1 microsecond');
    IF NEW.status = 'revoked' AND v_last.status IS DISTINCT FROM 'approved' THEN
        RAISE check_violation USING
            MESSAGE = pg_catalog.format('there is no approval of %s to revoke', pg_catalog.quote_literal(NEW.interaction_type)),
            SCHEMA = 'public', TABLE = 'user_consent', CONSTRAINT = 'user_consent_order';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER user_consent_order
    BEFORE INSERT ON public.user_consent
    FOR EACH ROW EXECUTE FUNCTION public.user_consent_order();

-- Records that the caller approves of these terms, and returns the record. It runs with the caller's rights: the policy
-- on the table lets people speak for themselves only.
CREATE FUNCTION public.record_consent(
    p_user_id          uuid,
    p_interaction_type text,
    p_terms            text[]
) RETURNS uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_consent_id uuid;
BEGIN
    IF p_user_id IS NULL OR auth.uid() IS DISTINCT FROM p_user_id THEN
        RAISE insufficient_privilege USING MESSAGE = 'consent can only be given by the user themselves';
    END IF;
    IF COALESCE(p_interaction_type !~ '\S', true) THEN
        RAISE invalid_parameter_value USING MESSAGE = 'consent needs a type of interaction';
    END IF;
    IF COALESCE(pg_catalog.array_ndims(p_terms) <> 1, true)
       OR EXISTS (SELECT FROM pg_catalog.unnest(p_terms) AS t (term) WHERE t.term IS NULL OR t.term !~ '\S') THEN
        RAISE invalid_parameter_value USING MESSAGE = 'consent needs the terms that it is given to, none of them empty';
    END IF;
    INSERT INTO public.user_consent (user_id, interaction_type, status, terms)
    VALUES (p_user_id, p_interaction_type, 'approved', p_terms)
    RETURNING id INTO v_consent_id;
    RETURN v_consent_id;
END
$$;

ALTER TABLE public.user_consent ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.user_consent FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.user_consent_order(), public.record_consent(uuid, text, text[])
    FROM PUBLIC, anon, authenticated, service_role;
