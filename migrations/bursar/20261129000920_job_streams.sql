-- The operator log of changes in Redis: an operator adds, acknowledges or moves entries of streams in front of the jobs.
-- Redis has no transaction in common with this database, so a row is written before and another one after.

CREATE FUNCTION bursar.log_job_streams(
    p_outcome    text,
    p_reason     text,
    p_actor      jsonb,
    p_parameters jsonb,
    p_operation  uuid
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM bursar.log_operation(p_actor, 'jobs streams', p_parameters, p_reason, p_outcome, p_operation);
END
$$;

GRANT EXECUTE ON FUNCTION bursar.log_job_streams(text, text, jsonb, jsonb, uuid) TO bursar_operator;

SELECT bursar.close_to_strangers();
