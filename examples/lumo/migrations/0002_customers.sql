-- People with a Lumo account.
CREATE TABLE customers (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,        -- purlin: name of customer
    email      text NOT NULL UNIQUE,
    address    text NOT NULL,        -- purlin: contact.address of customer
    created_at timestamptz NOT NULL DEFAULT now()
);
