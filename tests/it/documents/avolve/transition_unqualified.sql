-- expect: 42883
-- With an empty search path the function that checks the step is not found, so every call fails.
CREATE FUNCTION validate_phase_transition(p_user_id uuid, p_pillar text) RETURNS void LANGUAGE sql AS 'SELECT';
CREATE FUNCTION transition_phase(p_user_id uuid, p_pillar text) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    PERFORM validate_phase_transition(p_user_id, p_pillar);
END
$$;
SELECT transition_phase(gen_random_uuid(), 'self');
