-- expect: wrong a place that does not exist is taken for an offset from UTC
SELECT timestamptz '2026-01-01 12:00+00' AT TIME ZONE 'Mars/Base1' = timestamp '2026-01-01 11:00';
