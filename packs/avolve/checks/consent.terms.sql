-- title: An approval names its terms
-- severity: error
-- reads: user_consent
-- why: An approval of nothing in particular cannot be shown to anybody who asks what was agreed to.
-- cause: Another program recorded it without the terms.
-- remedy: Ask the user again, and acknowledge this finding; statements are never changed.

SELECT 'user_consent' AS table_name, c.id AS key, c.user_id AS account, NULL::text AS unit,
       'terms' AS expected, 'none' AS actual,
       format('User %s approved of %s in the statement %s, which names no terms.',
              c.user_id, c.interaction_type, c.id) AS message
FROM user_consent c
WHERE c.status = 'approved'
  AND NOT EXISTS (SELECT FROM unnest(c.terms) AS t (term) WHERE t.term ~ '\S')
