-- expect: wrong somebody slept 99 hours and not-a-number, drank less than nothing and is at 999 %
CREATE TABLE wellness_entries (sleep_hours numeric(4,2), mood_score numeric(3,2), water_intake_ml integer);
CREATE TABLE module_progress (progress_percentage numeric(5,2) DEFAULT 0);
INSERT INTO wellness_entries VALUES (99.99, -9.99, -2000), ('NaN', 'NaN', 0);
INSERT INTO module_progress VALUES (999.99);
SELECT count(*) = 2 FROM wellness_entries;
