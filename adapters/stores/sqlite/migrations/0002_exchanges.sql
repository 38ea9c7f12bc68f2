-- Exchanges: what is kept of each message, what was recorded beside the messages, and one row for lists and for the watch over clocks.

CREATE TABLE steps (
    envelope TEXT    NOT NULL PRIMARY KEY REFERENCES envelopes (id),
    exchange TEXT    NOT NULL,
    known_at INTEGER NOT NULL,
    step     BLOB    NOT NULL
);
CREATE INDEX steps_of_exchange ON steps (exchange, known_at, envelope);

CREATE TABLE happened (
    exchange TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    happened BLOB    NOT NULL,
    PRIMARY KEY (exchange, id)
) WITHOUT ROWID;
CREATE TRIGGER happened_is_not_changed BEFORE UPDATE ON happened
BEGIN SELECT raise(ABORT, 'what was recorded is not changed'); END;

CREATE TABLE matters (
    exchange     TEXT    NOT NULL PRIMARY KEY,
    family       TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    closed       INTEGER NOT NULL,
    overdue      INTEGER NOT NULL,
    next_look_at INTEGER,           -- null: never by itself
    revision     INTEGER NOT NULL,
    matter       BLOB    NOT NULL
) WITHOUT ROWID;
-- A partial index is used only by a query that repeats its condition word for word.
CREATE INDEX matters_by_key ON matters (key, exchange) WHERE key <> '';
CREATE INDEX matters_by_family ON matters (family, exchange);
CREATE INDEX matters_open ON matters (exchange) WHERE closed = 0;
CREATE INDEX matters_overdue ON matters (exchange) WHERE overdue = 1;
CREATE INDEX matters_due ON matters (next_look_at, exchange) WHERE next_look_at IS NOT NULL;

CREATE TABLE matter_counterparts (
    counterpart TEXT NOT NULL,
    exchange    TEXT NOT NULL REFERENCES matters (exchange),
    PRIMARY KEY (counterpart, exchange)
) WITHOUT ROWID;
