-- expect: wrong sums of money are kept in currencies that do not exist
CREATE TABLE payments (amount DECIMAL(10, 2) NOT NULL, currency VARCHAR(10) DEFAULT 'USD');
INSERT INTO payments VALUES (1, 'usd'), (1, 'Dollars'), (1, 'ZZZ'), (1, ''), (1, NULL);
SELECT count(*) = 5 FROM payments;
