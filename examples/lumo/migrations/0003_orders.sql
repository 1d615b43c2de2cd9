-- One row for each purchase. What somebody types into the checkout belongs to a
-- shopper, also when that person happens to be signed in.
CREATE TABLE orders (
    id           uuid PRIMARY KEY,
    merchant_id  uuid NOT NULL REFERENCES merchants (id),
    customer_id  uuid REFERENCES customers (id) ON DELETE SET NULL,
    name         text NOT NULL,   -- purlin: name of shopper
    email        text NOT NULL,
    address      text NOT NULL,   -- purlin: contact.address of shopper
    items        jsonb NOT NULL,  -- purlin: order.items of shopper
    amount_cents bigint NOT NULL, -- purlin: order.amount of shopper
    card_last4   text NOT NULL,   -- purlin: payment.card.last4 of shopper, customer
    status       text NOT NULL DEFAULT 'paid'
                 CHECK (status IN ('paid', 'shipped', 'delivered', 'cancelled')),
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX orders_by_email ON orders (email);
CREATE INDEX orders_by_customer ON orders (customer_id);
