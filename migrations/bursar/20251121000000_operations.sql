-- How the functions of bursar's schema add to the operator log. They run with their owner's rights, so that a role which
-- may call them needs no right on the log itself.

-- Adds a row to the log in the transaction of the operation. p_actor is what bursar knows of who runs it: operator,
-- os_user and host. Rows of one operation share its id, which is returned.
CREATE FUNCTION bursar.log_operation(
    p_actor      jsonb,
    p_command    text,
    p_parameters jsonb,
    p_reason     text,
    p_outcome    text,
    p_operation  uuid DEFAULT NULL
) RETURNS uuid
LANGUAGE sql SECURITY INVOKER SET search_path = '' AS $$
    INSERT INTO bursar.operations (operation_id, os_user, host, operator, command, parameters, reason, outcome)
    VALUES (COALESCE(p_operation, pg_catalog.gen_random_uuid()), p_actor ->> 'os_user', p_actor ->> 'host',
            p_actor ->> 'operator', p_command, p_parameters, p_reason, p_outcome)
    RETURNING operation_id
$$;

REVOKE ALL ON FUNCTION bursar.log_operation(jsonb, text, jsonb, text, text, uuid) FROM PUBLIC;
