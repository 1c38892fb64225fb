-- expect: 42P01
-- The ledger comes before the readings it refers to.
CREATE TABLE users (id uuid PRIMARY KEY);
CREATE TABLE wallet_transactions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    related_reading_id uuid REFERENCES tarot_readings (id)
);
