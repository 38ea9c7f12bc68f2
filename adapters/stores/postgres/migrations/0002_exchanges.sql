-- Exchanges: what is kept of each message, what was recorded beside the messages, and one row for lists and for the watch over clocks.

CREATE TABLE steps (
    envelope text   PRIMARY KEY COLLATE "C" REFERENCES envelopes (id),
    exchange text   NOT NULL COLLATE "C",
    known_at bigint NOT NULL,
    step     bytea  NOT NULL
);
CREATE INDEX steps_of_exchange ON steps (exchange, known_at, envelope);

CREATE TABLE happened (
    exchange text   NOT NULL COLLATE "C",
    id       text   NOT NULL COLLATE "C",
    at       bigint NOT NULL,
    happened bytea  NOT NULL,
    PRIMARY KEY (exchange, id)
);
CREATE TRIGGER happened_is_not_changed BEFORE UPDATE ON happened
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('what was recorded is not changed');

CREATE TABLE matters (
    exchange     text    PRIMARY KEY COLLATE "C",
    family       text    NOT NULL,
    key          text    NOT NULL COLLATE "C",
    closed       boolean NOT NULL,
    overdue      boolean NOT NULL,
    next_look_at bigint,            -- null: never by itself
    revision     bigint  NOT NULL,
    matter       bytea   NOT NULL
);
CREATE INDEX matters_by_key ON matters (key, exchange) WHERE key <> '';
CREATE INDEX matters_by_family ON matters (family, exchange);
CREATE INDEX matters_open ON matters (exchange) WHERE NOT closed;
CREATE INDEX matters_overdue ON matters (exchange) WHERE overdue;
CREATE INDEX matters_due ON matters (next_look_at, exchange) WHERE next_look_at IS NOT NULL;

CREATE TABLE matter_counterparts (
    counterpart text NOT NULL COLLATE "C",
    exchange    text NOT NULL COLLATE "C" REFERENCES matters (exchange),
    PRIMARY KEY (counterpart, exchange)
);
