-- expect: wrong one job has two third attempts
CREATE TABLE job_attempts (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), job_id uuid NOT NULL, attempt_number integer NOT NULL);
INSERT INTO job_attempts (job_id, attempt_number) VALUES
    ('00000000-0000-0000-0000-000000000001', 3), ('00000000-0000-0000-0000-000000000001', 3);
SELECT count(*) = 2 FROM job_attempts WHERE attempt_number = 3;
