-- expect: wrong a bonus takes away stars that were paid for
CREATE TABLE payments (
    stars_purchased integer NOT NULL CHECK (stars_purchased > 0),
    stars_bonus integer NOT NULL DEFAULT 0,
    stars_total integer GENERATED ALWAYS AS (stars_purchased + stars_bonus) STORED,
    CHECK (stars_total > 0)
);
INSERT INTO payments VALUES (35, -34);
SELECT stars_total < stars_purchased FROM payments;
