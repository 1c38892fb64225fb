-- Takes the conversations and their messages away, and then the functions that their triggers call.

DROP TABLE public.messages;
DROP TABLE public.conversations;

DROP FUNCTION public.keep_message_count();
DROP FUNCTION public.begin_without_messages();
