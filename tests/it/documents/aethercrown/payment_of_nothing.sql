-- expect: wrong nothing, less than nothing and NaN are paid
CREATE TABLE payments (amount DECIMAL(10, 2) NOT NULL);
INSERT INTO payments VALUES (0), (-5), ('NaN');
SELECT count(*) = 3 AND sum(amount) = 'NaN' FROM payments;
