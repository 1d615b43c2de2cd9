-- Sessions in which a customer shares the screen of the app with an agent.
CREATE TABLE cobrowse_sessions (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    consented_at timestamptz,
    started_at   timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz
);

CREATE TABLE cobrowse_frames (
    session_id uuid NOT NULL REFERENCES cobrowse_sessions (id) ON DELETE CASCADE,
    taken_at   timestamptz NOT NULL,
    content    jsonb NOT NULL, -- purlin: screen.redacted of customer
    PRIMARY KEY (session_id, taken_at)
);
