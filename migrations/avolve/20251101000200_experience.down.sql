-- Takes progress and transitions away. The table goes before the function that its check calls, and that before the type
-- of its argument.

DROP FUNCTION public.transition_phase(uuid, text, public.experience_phase);
DROP FUNCTION public.validate_phase_transition(uuid, text, public.experience_phase);

DROP TABLE public.phase_transitions;
DROP TABLE public.user_progress;

DROP FUNCTION public.phase_after(public.experience_phase);
DROP TYPE public.experience_phase;
