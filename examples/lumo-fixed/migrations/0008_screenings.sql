-- Outcome of a fraud screening. The position itself is compared and forgotten.
CREATE TABLE screenings (
    id          uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    decision    text NOT NULL CHECK (decision IN ('approve', 'review', 'decline')),
    screened_at timestamptz NOT NULL DEFAULT now()
);
