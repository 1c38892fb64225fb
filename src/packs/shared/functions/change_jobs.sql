-- What changes jobs, whatever the application: each is held without waiting for it, compared with how it stood when the
-- change was planned, and changed by the pack's own function. It runs with the rights of whoever calls it.
CREATE OR REPLACE FUNCTION bursar.change_jobs(p_action text, p_jobs text[], p_versions text[], p_reason text)
RETURNS TABLE (job text, outcome text, note text, deleted text)
LANGUAGE plpgsql SECURITY INVOKER SET search_path = '' AS $$
DECLARE
    v_version text;
    v_held boolean;
BEGIN
    FOR v_at IN 1 .. pg_catalog.cardinality(p_jobs) LOOP
        job := p_jobs[v_at];
        deleted := NULL;
        SELECT h.version, h.held INTO v_version, v_held FROM bursar.hold_job(job) h;
        IF NOT FOUND THEN
            outcome := 'conflict';
            note := 'it is not there any more';
        ELSIF NOT v_held THEN
            outcome := 'conflict';
            note := 'another session holds it';
        ELSIF v_version IS DISTINCT FROM p_versions[v_at] THEN
            outcome := 'conflict';
            note := 'it has changed since it was looked at';
        ELSE
            outcome := 'done';
            note := NULL;
            deleted := bursar.change_job(job, p_action, p_reason)::text;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
