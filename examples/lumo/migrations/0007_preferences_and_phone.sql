-- The preference centre, and a phone number for couriers and the app.
ALTER TABLE customers
    ADD COLUMN phone text, -- purlin: contact.phone of customer
    ADD COLUMN wants_news boolean NOT NULL DEFAULT false,
    ADD COLUMN location_allowed_at timestamptz,
    ADD COLUMN closed_at timestamptz;

ALTER TABLE orders
    ADD COLUMN phone text, -- purlin: contact.phone of shopper
    ADD COLUMN tracking_code text;
