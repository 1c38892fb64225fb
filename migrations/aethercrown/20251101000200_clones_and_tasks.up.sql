-- The AI clones that people configure, and the tasks that the clones work through. A clone goes with its user and a
-- task with its clone: neither is evidence of anything.

CREATE TABLE public.ai_clones (
    id          uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    name        varchar(255) NOT NULL,
    description text,
    model_type  varchar(100) NOT NULL,
    status      varchar(50) NOT NULL DEFAULT 'active',
    config      jsonb DEFAULT '{}',
    created_at  timestamptz DEFAULT pg_catalog.now(),
    updated_at  timestamptz DEFAULT pg_catalog.now(),
    user_id     uuid REFERENCES public.users (id) ON DELETE CASCADE,
    CONSTRAINT ai_clones_status_check CHECK (status::text IN ('active', 'inactive', 'archived')),
    -- Whoever reads a setting expects names with values; a list or a bare value would be read as "nothing is set".
    CONSTRAINT ai_clones_config_check CHECK (pg_catalog.jsonb_typeof(config) = 'object')
);

CREATE INDEX idx_clones_user_id ON public.ai_clones (user_id);
CREATE INDEX idx_clones_status ON public.ai_clones (status);
CREATE INDEX idx_clones_created_at ON public.ai_clones (created_at DESC);
-- One index answers questions about the configuration; a second one like it would only slow every change down.
CREATE INDEX idx_clones_config ON public.ai_clones USING gin (config);

CREATE TRIGGER update_clones_updated_at
    BEFORE UPDATE ON public.ai_clones
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TABLE public.ai_tasks (
    id            uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    clone_id      uuid REFERENCES public.ai_clones (id) ON DELETE CASCADE,
    task_name     varchar(255) NOT NULL,
    task_input    jsonb DEFAULT '{}',
    task_output   jsonb DEFAULT '{}',
    status        varchar(50) NOT NULL DEFAULT 'pending',
    priority      varchar(50) NOT NULL DEFAULT 'medium',
    error_message text,
    created_at    timestamptz DEFAULT pg_catalog.now(),
    updated_at    timestamptz DEFAULT pg_catalog.now(),
    completed_at  timestamptz,
    CONSTRAINT ai_tasks_status_check CHECK (status::text IN ('pending', 'in_progress', 'completed', 'failed')),
    CONSTRAINT ai_tasks_priority_check CHECK (priority::text IN ('low', 'medium', 'high', 'urgent')),
    CONSTRAINT ai_tasks_completed_at_check CHECK ((completed_at IS NOT NULL) = (status::text = 'completed')),
    CONSTRAINT ai_tasks_task_input_check CHECK (pg_catalog.jsonb_typeof(task_input) = 'object'),
    CONSTRAINT ai_tasks_task_output_check CHECK (pg_catalog.jsonb_typeof(task_output) = 'object')
);

CREATE INDEX idx_tasks_clone_id ON public.ai_tasks (clone_id);
CREATE INDEX idx_tasks_status ON public.ai_tasks (status);
CREATE INDEX idx_tasks_priority ON public.ai_tasks (priority);
CREATE INDEX idx_tasks_created_at ON public.ai_tasks (created_at DESC);
CREATE INDEX idx_tasks_completed_at ON public.ai_tasks (completed_at DESC);
CREATE INDEX idx_tasks_input ON public.ai_tasks USING gin (task_input);
CREATE INDEX idx_tasks_output ON public.ai_tasks USING gin (task_output);
-- What still has to be done is a small part of all tasks.
CREATE INDEX idx_active_tasks ON public.ai_tasks (clone_id) WHERE status::text IN ('pending', 'in_progress');
CREATE INDEX idx_tasks_clone_status ON public.ai_tasks (clone_id, status);

CREATE TRIGGER update_tasks_updated_at
    BEFORE UPDATE ON public.ai_tasks
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

ALTER TABLE public.ai_clones ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.ai_tasks ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.ai_clones, public.ai_tasks FROM PUBLIC, anon, authenticated, service_role;
