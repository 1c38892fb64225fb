-- Conversations with the coach, and their messages. A conversation says how many messages it has and when it last
-- changed; both are kept by the triggers below, under a lock on the conversation, so that two messages of one moment
-- are both counted.

CREATE TABLE public.conversations (
    id            uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    user_id       uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
    module_name   text NOT NULL,
    topic         text,
    -- A cache of the messages.
    message_count integer NOT NULL DEFAULT 0,
    created_at    timestamptz DEFAULT pg_catalog.now(),
    updated_at    timestamptz DEFAULT pg_catalog.now(),
    CONSTRAINT conversations_message_count_check CHECK (message_count >= 0)
);

CREATE INDEX conversations_user_idx ON public.conversations (user_id);
CREATE INDEX conversations_module_idx ON public.conversations (module_name);

-- The statement that counts messages brings the time of the last of them along.
CREATE TRIGGER update_conversations_updated_at
    BEFORE UPDATE ON public.conversations
    FOR EACH ROW WHEN (NEW.message_count IS NOT DISTINCT FROM OLD.message_count)
    EXECUTE FUNCTION public.update_updated_at_column();

CREATE TABLE public.messages (
    id              uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    conversation_id uuid NOT NULL REFERENCES public.conversations (id) ON DELETE CASCADE,
    role            text NOT NULL,
    content         text NOT NULL,
    tokens_used     integer,
    created_at      timestamptz DEFAULT pg_catalog.now(),
    CONSTRAINT messages_role_check CHECK (role IN ('user', 'assistant')),
    CONSTRAINT messages_tokens_used_check CHECK (tokens_used >= 0)
);

CREATE INDEX messages_conversation_idx ON public.messages (conversation_id);
CREATE INDEX messages_created_idx ON public.messages (created_at);

-- No message is older than its conversation, so each begins with none, whatever the statement says.
CREATE FUNCTION public.begin_without_messages() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.message_count := 0;
    RETURN NEW;
END
$$;

CREATE TRIGGER begin_without_messages
    BEFORE INSERT ON public.conversations
    FOR EACH ROW EXECUTE FUNCTION public.begin_without_messages();

-- Counts what a statement added to each conversation and took away from it, once for all its rows. It runs with its
-- owner's rights, because nobody else may write the counter. Conversations are locked in the order of their ids, so that
-- no two statements about the same ones wait for each other.
CREATE FUNCTION public.keep_message_count() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM public.conversations c
          WHERE c.id IN (SELECT n.conversation_id FROM new_rows n)
          ORDER BY c.id
            FOR NO KEY UPDATE;
        UPDATE public.conversations c
           SET message_count = c.message_count + n.messages,
               updated_at = GREATEST(c.updated_at, n.last_at)
          FROM (SELECT r.conversation_id, pg_catalog.count(*) AS messages, pg_catalog.max(r.created_at) AS last_at
                  FROM new_rows r
                 GROUP BY r.conversation_id) AS n
         WHERE c.id = n.conversation_id;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM public.conversations c
          WHERE c.id IN (SELECT o.conversation_id FROM old_rows o)
          ORDER BY c.id
            FOR NO KEY UPDATE;
        UPDATE public.conversations c
           SET message_count = c.message_count - o.messages,
               updated_at = pg_catalog.clock_timestamp()
          FROM (SELECT r.conversation_id, pg_catalog.count(*) AS messages
                  FROM old_rows r
                 GROUP BY r.conversation_id) AS o
         WHERE c.id = o.conversation_id;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM public.conversations c
          WHERE c.id IN (SELECT n.conversation_id FROM new_rows n JOIN old_rows o ON o.id = n.id
                          WHERE o.conversation_id <> n.conversation_id
                         UNION ALL
                         SELECT o.conversation_id FROM new_rows n JOIN old_rows o ON o.id = n.id
                          WHERE o.conversation_id <> n.conversation_id)
          ORDER BY c.id
            FOR NO KEY UPDATE;
        UPDATE public.conversations c
           SET message_count = c.message_count + d.messages,
               updated_at = pg_catalog.clock_timestamp()
          FROM (SELECT r.conversation_id, pg_catalog.sum(r.change) AS messages
                  FROM (SELECT n.conversation_id, 1 AS change FROM new_rows n
                        UNION ALL
                        SELECT o.conversation_id, -1 FROM old_rows o) AS r
                 GROUP BY r.conversation_id
                HAVING pg_catalog.sum(r.change) <> 0) AS d
         WHERE c.id = d.conversation_id;
    ELSE
        UPDATE public.conversations c
           SET message_count = 0, updated_at = pg_catalog.clock_timestamp()
         WHERE c.message_count <> 0;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER keep_message_count_insert
    AFTER INSERT ON public.messages REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.keep_message_count();
CREATE TRIGGER keep_message_count_update
    AFTER UPDATE ON public.messages REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.keep_message_count();
CREATE TRIGGER keep_message_count_delete
    AFTER DELETE ON public.messages REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.keep_message_count();
CREATE TRIGGER keep_message_count_truncate
    AFTER TRUNCATE ON public.messages
    FOR EACH STATEMENT EXECUTE FUNCTION public.keep_message_count();

ALTER TABLE public.conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.conversations, public.messages FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.begin_without_messages(), public.keep_message_count()
    FROM PUBLIC, anon, authenticated, service_role;
