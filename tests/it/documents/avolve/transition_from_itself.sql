-- expect: wrong a transition says that it began where it ended, because the phase is read after the update
CREATE TYPE experience_phase AS ENUM ('discovery', 'onboarding', 'scaffolding', 'endgame');
CREATE TABLE user_progress (user_id integer, pillar text, phase experience_phase);
CREATE TABLE phase_transitions (user_id integer, pillar text, from_phase experience_phase, to_phase experience_phase);
CREATE FUNCTION transition(u integer, p text, n experience_phase) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_progress SET phase = n WHERE user_id = u AND pillar = p;
    INSERT INTO phase_transitions VALUES (u, p, (SELECT phase FROM user_progress WHERE user_id = u AND pillar = p), n);
END
$$;
INSERT INTO user_progress VALUES (1, 'self', 'discovery');
SELECT transition(1, 'self', 'onboarding');
SELECT from_phase = to_phase FROM phase_transitions;
