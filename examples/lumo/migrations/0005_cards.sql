-- Cards that customers chose to save. Security codes and PINs are never stored.
CREATE TABLE cards (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    number       text NOT NULL,
    last4        text NOT NULL, -- purlin: payment.card.last4 of customer
    expiry       text NOT NULL, -- purlin: payment.card.expiry of customer
    last_used_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN cards.number IS
    'The full number, on an encrypted volume. purlin: payment.card.number of customer';
