-- The books. No foreign key to orders: an entry outlives the purchase it records.
CREATE TABLE ledger_entries (
    order_id     uuid PRIMARY KEY,
    merchant_id  uuid NOT NULL,
    name         text NOT NULL,   -- purlin: name
    address      text NOT NULL,   -- purlin: contact.address
    items        jsonb NOT NULL,  -- purlin: order.items
    amount_cents bigint NOT NULL, -- purlin: order.amount
    booked_on    date NOT NULL DEFAULT current_date
);

ALTER TABLE orders
    ADD COLUMN booked_at timestamptz;
