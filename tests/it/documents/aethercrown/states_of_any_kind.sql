-- expect: wrong a state, role, level or priority may be any word or none
CREATE TABLE users (role VARCHAR(50) DEFAULT 'user');
CREATE TABLE ai_clones (status VARCHAR(50) DEFAULT 'active');
CREATE TABLE ai_tasks (status VARCHAR(50) DEFAULT 'pending', priority VARCHAR(50) DEFAULT 'medium');
CREATE TABLE payments (status VARCHAR(50) DEFAULT 'created');
CREATE TABLE activity_logs (level VARCHAR(50) DEFAULT 'info');
INSERT INTO users VALUES ('emperor'), (NULL);
INSERT INTO ai_clones VALUES ('sleepy'), (NULL);
INSERT INTO ai_tasks VALUES ('complete', 'asap'), (NULL, NULL);
INSERT INTO payments VALUES ('COMPLETED'), (NULL);
INSERT INTO activity_logs VALUES ('loud'), (NULL);
SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM ai_clones) + (SELECT count(*) FROM ai_tasks)
     + (SELECT count(*) FROM payments) + (SELECT count(*) FROM activity_logs) = 10;
