-- Figures about each user that are too dear to count every time. A materialized view has no row security, so nobody
-- reads one directly but the backend, and users ask a function about themselves.

CREATE MATERIALIZED VIEW public.user_progress_stats AS
SELECT up.user_id,
       count(DISTINCT up.pillar) AS active_pillars,
       max(up.phase) AS highest_phase,
       avg(up.progress) AS avg_progress
  FROM public.user_progress up
 GROUP BY up.user_id;

CREATE MATERIALIZED VIEW public.user_consent_stats AS
SELECT c.user_id,
       count(*) AS total_consents,
       sum(CASE WHEN c.status = 'approved' THEN 1 ELSE 0 END) AS approved_count
  FROM public.user_consent c
 GROUP BY c.user_id;

-- Refreshing without locking readers out needs these.
CREATE UNIQUE INDEX user_progress_stats_user_id_key ON public.user_progress_stats (user_id);
CREATE UNIQUE INDEX user_consent_stats_user_id_key ON public.user_consent_stats (user_id);

-- Counts both anew. It is a definer because only the owner may refresh.
CREATE FUNCTION public.refresh_user_stats() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY public.user_progress_stats;
    REFRESH MATERIALIZED VIEW CONCURRENTLY public.user_consent_stats;
END
$$;

-- The figures as of the last refresh; no row where there were none.
CREATE FUNCTION public.get_user_progress_stats(p_user_id uuid)
RETURNS TABLE (active_pillars bigint, highest_phase public.experience_phase, avg_progress numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.require_self_or_backend(p_user_id);
    RETURN QUERY
        SELECT s.active_pillars, s.highest_phase, s.avg_progress
          FROM public.user_progress_stats s
         WHERE s.user_id = p_user_id;
END
$$;

CREATE FUNCTION public.get_user_consent_stats(p_user_id uuid)
RETURNS TABLE (total_consents bigint, approved_count bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.require_self_or_backend(p_user_id);
    RETURN QUERY
        SELECT s.total_consents, s.approved_count
          FROM public.user_consent_stats s
         WHERE s.user_id = p_user_id;
END
$$;

REVOKE ALL ON TABLE public.user_progress_stats, public.user_consent_stats FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.refresh_user_stats(), public.get_user_progress_stats(uuid), public.get_user_consent_stats(uuid)
    FROM PUBLIC, anon, authenticated, service_role;
