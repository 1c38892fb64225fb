-- expect: 23514
-- A card that a customer saved while it was valid is history, and restoring that history fails.
CREATE TABLE user_payment_methods (exp_year integer CHECK (exp_year > 2025));
INSERT INTO user_payment_methods VALUES (2025);
