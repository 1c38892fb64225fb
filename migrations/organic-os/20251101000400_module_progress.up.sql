-- How far each user has come in each module.

CREATE TABLE public.module_progress (
    id                  uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    user_id             uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    module_name         text NOT NULL,
    progress_percentage numeric(5,2) DEFAULT 0,
    completed_topics    text[] DEFAULT '{}',
    current_focus       text,
    notes               text,
    last_activity       timestamptz,
    created_at          timestamptz DEFAULT pg_catalog.now(),
    updated_at          timestamptz DEFAULT pg_catalog.now(),
    CONSTRAINT module_progress_user_id_module_name_key UNIQUE (user_id, module_name),
    CONSTRAINT module_progress_progress_percentage_check CHECK (progress_percentage >= 0 AND progress_percentage <= 100)
);

-- A user's modules, and one of them, are found through the key (user_id, module_name).
CREATE INDEX progress_module_idx ON public.module_progress (module_name);

CREATE TRIGGER update_progress_updated_at
    BEFORE UPDATE ON public.module_progress
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

ALTER TABLE public.module_progress ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.module_progress FROM PUBLIC, anon, authenticated, service_role;
