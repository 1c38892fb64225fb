-- expect: wrong a table without any index has indexes of some size, because its TOAST table is counted as one
CREATE TABLE user_consent (terms text[]);
SELECT pg_total_relation_size('user_consent') - pg_relation_size('user_consent') > 0 AND pg_indexes_size('user_consent') = 0;
