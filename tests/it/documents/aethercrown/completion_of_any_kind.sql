-- expect: wrong what is completed has no time of completion, and what has one is not completed
CREATE TABLE payments (status VARCHAR(50) DEFAULT 'created', completed_at TIMESTAMP WITH TIME ZONE);
CREATE TABLE ai_tasks (status VARCHAR(50) DEFAULT 'pending', completed_at TIMESTAMP WITH TIME ZONE);
INSERT INTO payments VALUES ('completed', NULL), ('refunded', NULL), ('failed', now());
INSERT INTO ai_tasks VALUES ('completed', NULL), ('pending', now());
SELECT (SELECT count(*) FROM payments) + (SELECT count(*) FROM ai_tasks) = 5;
