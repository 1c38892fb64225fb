-- expect: 2F005
-- The function is printed without a body, and returns nothing where a record is promised.
CREATE FUNCTION record_consent(p_user_id uuid, p_interaction_type text, p_terms text[]) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_consent_id uuid;
BEGIN
END
$$;
SELECT record_consent(gen_random_uuid(), 'governance_proposal', '{}');
