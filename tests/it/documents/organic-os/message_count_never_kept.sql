-- expect: wrong a conversation with two messages says that it has none
CREATE TABLE conversations (id integer PRIMARY KEY, message_count integer DEFAULT 0);
CREATE TABLE messages (conversation_id integer NOT NULL REFERENCES conversations (id), content text NOT NULL);
INSERT INTO conversations (id) VALUES (1);
INSERT INTO messages VALUES (1, 'How do I fall asleep faster?'), (1, 'Get up at the same time.');
SELECT message_count = 0 FROM conversations;
