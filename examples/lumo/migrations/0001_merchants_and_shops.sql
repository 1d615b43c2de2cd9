-- Merchants sell through our checkout; each has one or more shops on the map.
CREATE TABLE merchants (
    id          uuid PRIMARY KEY,
    name        text NOT NULL, -- purlin: not personal
    webhook_url text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shops (
    id            uuid PRIMARY KEY,
    merchant_id   uuid NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    name          text NOT NULL,
    postcode_area text NOT NULL,
    latitude      double precision NOT NULL,
    longitude     double precision NOT NULL
);

CREATE INDEX shops_by_area ON shops (postcode_area);
