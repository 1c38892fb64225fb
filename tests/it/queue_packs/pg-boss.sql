-- The tables of pg-boss 12, as far as they are read and written here. A job is known by its queue and its id.
CREATE SCHEMA pgboss;
CREATE TYPE pgboss.job_state AS ENUM ('created', 'retry', 'active', 'completed', 'cancelled', 'failed');
CREATE TABLE pgboss.queue (name text PRIMARY KEY, policy text NOT NULL DEFAULT 'standard');
CREATE TABLE pgboss.schedule (name text REFERENCES pgboss.queue, key text NOT NULL DEFAULT '', cron text NOT NULL, timezone text, data jsonb, options jsonb,
    PRIMARY KEY (name, key));
CREATE TABLE pgboss.job (id uuid NOT NULL DEFAULT gen_random_uuid(), name text NOT NULL REFERENCES pgboss.queue, priority integer NOT NULL DEFAULT 0,
    data jsonb, state pgboss.job_state NOT NULL DEFAULT 'created', retry_limit integer NOT NULL DEFAULT 2, retry_count integer NOT NULL DEFAULT 0,
    start_after timestamptz NOT NULL DEFAULT now(), expire_seconds integer NOT NULL DEFAULT 900, heartbeat_on timestamptz, heartbeat_seconds integer,
    created_on timestamptz NOT NULL DEFAULT now(), started_on timestamptz, completed_on timestamptz,
    keep_until timestamptz NOT NULL DEFAULT now() + interval '14 days', singleton_key text, policy text, dead_letter text, output jsonb,
    PRIMARY KEY (name, id));
INSERT INTO pgboss.queue (name) VALUES ('mail'), ('invoice');
