CREATE TABLE newsletter_editions (
    number     integer PRIMARY KEY,
    subject    text NOT NULL,
    body       text NOT NULL,
    due_on     date NOT NULL,
    sent_at    timestamptz,
    sent_count bigint
);

-- A customer asked to hear when a sold-out product is back.
CREATE TABLE restock_alerts (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    product      text NOT NULL,
    restocked_at timestamptz,
    notified_at  timestamptz
);

-- Objections under Art. 21, picked up by the privacy team.
CREATE TABLE objections (
    id         uuid PRIMARY KEY,
    person     text NOT NULL CHECK (person IN ('customer', 'shopper')),
    record_id  uuid NOT NULL,
    raised_at  timestamptz NOT NULL DEFAULT now()
);
