-- expect: 22008
-- The number of days is not checked, so a large one is an error about dates, and a negative one an empty answer.
SELECT CURRENT_DATE - 2147483647;
