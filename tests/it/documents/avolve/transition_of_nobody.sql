-- expect: wrong a transition is recorded of somebody who never began
CREATE TYPE experience_phase AS ENUM ('discovery', 'onboarding', 'scaffolding', 'endgame');
CREATE TABLE user_progress (user_id integer, pillar text, phase experience_phase);
CREATE TABLE phase_transitions (user_id integer, pillar text, from_phase experience_phase, to_phase experience_phase);
CREATE FUNCTION transition(u integer, p text, n experience_phase) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_progress SET phase = n WHERE user_id = u AND pillar = p;
    INSERT INTO phase_transitions VALUES (u, p, (SELECT phase FROM user_progress WHERE user_id = u AND pillar = p), n);
END
$$;
SELECT transition(1, 'self', 'endgame');
SELECT count(*) = 1 FROM phase_transitions WHERE from_phase IS NULL;
