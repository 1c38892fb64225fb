-- expect: 22P02
-- One of the providers signs in with subjects such as this one, and a plain cast of them fails every query.
SELECT ('{"sub": "user_2abcDEF"}'::jsonb ->> 'sub')::uuid;
