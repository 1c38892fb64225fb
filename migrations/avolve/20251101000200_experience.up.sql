-- The way through a pillar: four phases, taken one after the other and never back. A transition is recorded when it is
-- made and not changed afterwards, so that the phase which user_progress shows can be derived again.

CREATE TYPE public.experience_phase AS ENUM ('discovery', 'onboarding', 'scaffolding', 'endgame');

-- The phase that follows another; null after the last.
CREATE FUNCTION public.phase_after(p_phase public.experience_phase) RETURNS public.experience_phase
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
    SELECT CASE p_phase
               WHEN 'discovery'::public.experience_phase THEN 'onboarding'::public.experience_phase
               WHEN 'onboarding'::public.experience_phase THEN 'scaffolding'::public.experience_phase
               WHEN 'scaffolding'::public.experience_phase THEN 'endgame'::public.experience_phase
           END
$$;

-- The key is also the index by user and by user and pillar.
CREATE TABLE public.user_progress (
    id         uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    user_id    uuid NOT NULL REFERENCES auth.users (id),
    pillar     text NOT NULL,
    -- Written by transition_phase only, together with the transition that explains it.
    phase      public.experience_phase NOT NULL DEFAULT 'discovery',
    progress   integer NOT NULL DEFAULT 0,
    created_at timestamptz DEFAULT pg_catalog.now(),
    updated_at timestamptz DEFAULT pg_catalog.now(),
    UNIQUE (user_id, pillar),
    CONSTRAINT user_progress_pillar_check CHECK (pillar ~ '\S'),
    CONSTRAINT user_progress_progress_check CHECK (progress >= 0)
);

CREATE INDEX idx_user_progress_pillar_phase ON public.user_progress (pillar, phase);

CREATE TRIGGER user_progress_touch_updated_at
    BEFORE UPDATE ON public.user_progress
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE public.phase_transitions (
    id         uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    user_id    uuid NOT NULL,
    pillar     text NOT NULL,
    from_phase public.experience_phase NOT NULL,
    to_phase   public.experience_phase NOT NULL,
    -- now() is the start of the transaction: a transition that waited for a lock would be dated before the one it follows.
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    -- A phase is entered once, because no way leads back. The key also serves the foreign key.
    CONSTRAINT phase_transitions_user_id_pillar_to_phase_key UNIQUE (user_id, pillar, to_phase),
    -- RESTRICT: the record outlives the wish to tidy up.
    CONSTRAINT phase_transitions_user_progress_fkey FOREIGN KEY (user_id, pillar)
        REFERENCES public.user_progress (user_id, pillar) ON UPDATE RESTRICT ON DELETE RESTRICT,
    CONSTRAINT phase_transitions_step_check CHECK (to_phase IS NOT DISTINCT FROM public.phase_after(from_phase))
);

CREATE INDEX idx_phase_transitions_created_at ON public.phase_transitions (created_at DESC);

-- A statement trigger also refuses a change that would touch no row, and one that arrives through TRUNCATE ... CASCADE.
CREATE TRIGGER phase_transitions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON public.phase_transitions
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

-- Raises an error unless the phase is the one that follows the user's present one. It sees what the caller may see.
CREATE FUNCTION public.validate_phase_transition(
    p_user_id   uuid,
    p_pillar    text,
    p_new_phase public.experience_phase
) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE
    v_phase public.experience_phase;
BEGIN
    IF p_user_id IS NULL OR p_pillar IS NULL OR p_new_phase IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a transition needs a user, a pillar and a phase';
    END IF;
    SELECT up.phase INTO v_phase
      FROM public.user_progress up
     WHERE up.user_id = p_user_id AND up.pillar = p_pillar;
    IF NOT FOUND THEN
        RAISE no_data_found USING
            MESSAGE = pg_catalog.format('user %s has not begun the pillar %s', p_user_id, pg_catalog.quote_literal(p_pillar));
    END IF;
    IF p_new_phase IS DISTINCT FROM public.phase_after(v_phase) THEN
        RAISE check_violation USING
            MESSAGE = pg_catalog.format('there is no way from phase %s to phase %s', v_phase, p_new_phase),
            HINT = COALESCE(pg_catalog.format('The next phase is %s.', public.phase_after(v_phase)::text),
                            'It is the last phase.'),
            SCHEMA = 'public', TABLE = 'phase_transitions', CONSTRAINT = 'phase_transitions_step_check';
    END IF;
END
$$;

-- Takes the next phase of a pillar and records it. It is a definer because users may not write their phase; the lock
-- comes first, so that of two calls at once the second finds the phase already taken.
CREATE FUNCTION public.transition_phase(
    p_user_id   uuid,
    p_pillar    text,
    p_new_phase public.experience_phase
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_from public.experience_phase;
BEGIN
    PERFORM public.require_self_or_backend(p_user_id);
    SELECT up.phase INTO v_from
      FROM public.user_progress up
     WHERE up.user_id = p_user_id AND up.pillar = p_pillar
       FOR NO KEY UPDATE;
    PERFORM public.validate_phase_transition(p_user_id, p_pillar, p_new_phase);

    UPDATE public.user_progress up
       SET phase = p_new_phase
     WHERE up.user_id = p_user_id AND up.pillar = p_pillar;
    INSERT INTO public.phase_transitions (user_id, pillar, from_phase, to_phase, created_at)
    VALUES (p_user_id, p_pillar, v_from, p_new_phase, pg_catalog.clock_timestamp());
END
$$;

ALTER TABLE public.user_progress ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.phase_transitions ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.user_progress, public.phase_transitions FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.phase_after(public.experience_phase),
    public.validate_phase_transition(uuid, text, public.experience_phase),
    public.transition_phase(uuid, text, public.experience_phase)
    FROM PUBLIC, anon, authenticated, service_role;
