-- title: Documents in columns have the shape that the application reads
-- severity: warn
-- reads: ai_clones, ai_tasks, payments, activity_logs
-- why: The application reads these members by name; one of another type is ignored or stops it half-way.
-- cause: Another version of the application, or a hand, wrote the document.
-- remedy: Rewrite the member that is named in the type that is expected.

-- Members that are absent or null are fine, and so are members that are not listed here.
WITH documents AS (
    SELECT 'ai_clones' AS table_name, c.id, c.user_id, 'config' AS name, c.config AS document FROM ai_clones c
    UNION ALL
    SELECT 'ai_tasks', t.id, c.user_id, d.name, d.document
    FROM ai_tasks t
    LEFT JOIN ai_clones c ON c.id = t.clone_id
    CROSS JOIN LATERAL (VALUES ('task_input', t.task_input), ('task_output', t.task_output)) AS d (name, document)
    UNION ALL
    SELECT 'payments', p.id, p.user_id, 'metadata', p.metadata FROM payments p
    UNION ALL
    SELECT 'activity_logs', l.id, l.user_id, 'details', l.details FROM activity_logs l
),
members (name, path, kind) AS (
    VALUES ('config', '{}'::text[], 'object'), ('config', '{model_version}', 'string'),
           ('config', '{temperature}', 'number'), ('config', '{max_tokens}', 'number'),
           ('config', '{custom_parameters}', 'object'),
           ('task_input', '{}', 'object'), ('task_input', '{dataset}', 'string'),
           ('task_input', '{analysis_type}', 'string'), ('task_input', '{date_range}', 'object'),
           ('task_input', '{date_range,start}', 'string'), ('task_input', '{date_range,end}', 'string'),
           ('task_output', '{}', 'object'), ('task_output', '{result}', 'string'), ('task_output', '{data}', 'object'),
           ('task_output', '{data,processed_records}', 'number'), ('task_output', '{data,insights}', 'array'),
           ('task_output', '{execution_time}', 'string'),
           ('metadata', '{}', 'object'), ('metadata', '{customer_name}', 'string'),
           ('metadata', '{invoice_number}', 'string'), ('metadata', '{tax_amount}', 'number'),
           ('metadata', '{discount}', 'number'),
           ('details', '{}', 'object'), ('details', '{previous_state}', 'string'), ('details', '{new_state}', 'string'),
           ('details', '{changed_fields}', 'array'), ('details', '{ip_address}', 'string')
)
SELECT d.table_name, d.id AS key, d.user_id AS account, NULL::text AS unit,
       m.kind AS expected, jsonb_typeof(d.document #> m.path) AS actual,
       format('%s of %s %s should be of type %s, but is of type %s.',
              array_to_string(m.name || m.path, '.'), d.table_name, d.id, m.kind,
              jsonb_typeof(d.document #> m.path)) AS message
FROM documents d
JOIN members m ON m.name = d.name
-- An empty document, which is the default, is looked at no further.
WHERE d.document <> '{}'
  AND jsonb_typeof(d.document #> m.path) <> m.kind
  AND (jsonb_typeof(d.document #> m.path) <> 'null' OR m.path = '{}')
