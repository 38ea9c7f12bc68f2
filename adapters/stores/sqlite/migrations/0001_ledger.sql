-- The ledger: envelopes with their bytes, the journal, and what tells a repetition. Times are microseconds since 1970 in UTC.

-- One row, written in every transaction: what must agree with the tables and is kept apart from them on purpose.
CREATE TABLE standing (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    accepted INTEGER NOT NULL,  -- envelopes ever taken in or made
    number   INTEGER NOT NULL,  -- last entry of the journal
    hash     TEXT    NOT NULL
);

-- Append only. `entry` holds the canonical bytes that are hashed; `envelope` and `event` repeat them for searching.
CREATE TABLE journal (
    number   INTEGER PRIMARY KEY,
    before   TEXT NOT NULL,
    hash     TEXT NOT NULL,
    envelope TEXT NOT NULL,
    event    TEXT NOT NULL,
    entry    BLOB NOT NULL
);
CREATE INDEX journal_of_envelope ON journal (envelope, number) WHERE envelope <> '';

CREATE TRIGGER journal_grows_without_gaps BEFORE INSERT ON journal
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM journal)
BEGIN SELECT raise(ABORT, 'a journal entry must follow the last one'); END;
CREATE TRIGGER journal_is_not_changed BEFORE UPDATE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append only'); END;
CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
BEGIN SELECT raise(ABORT, 'the journal is append only'); END;

-- `entry` is the journal entry that explains the state: no state without one.
CREATE TABLE envelopes (
    id              TEXT    NOT NULL PRIMARY KEY,
    version         INTEGER NOT NULL,
    direction       TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    working         INTEGER NOT NULL,  -- whether a stage goes on from this state by itself
    rank            INTEGER NOT NULL,  -- the higher the more urgent
    due             INTEGER,           -- null: at once
    entry           INTEGER NOT NULL REFERENCES journal (number),
    received_at     INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    breaks          INTEGER NOT NULL,
    kind            TEXT    NOT NULL,
    channel         TEXT    NOT NULL,
    cause           TEXT    NOT NULL,
    reference       TEXT    NOT NULL,  -- the channel's own id of what came
    media_type      TEXT    NOT NULL,
    digest          TEXT    NOT NULL,
    octets          INTEGER NOT NULL,
    format          TEXT    NOT NULL,
    counterpart     TEXT    NOT NULL,
    message_id      TEXT    NOT NULL,
    our_reference   TEXT    NOT NULL,
    exchange        TEXT    NOT NULL,
    urgency         TEXT    NOT NULL,
    test            INTEGER NOT NULL,
    reason_code     TEXT    NOT NULL,
    reason_public   TEXT    NOT NULL,
    reason_operator TEXT    NOT NULL,
    claim           BLOB    NOT NULL,
    learned         BLOB    NOT NULL
);

-- A partial index is used only by a query that repeats its condition word for word.
CREATE INDEX envelopes_at_once ON envelopes (rank DESC, received_at, id) WHERE working = 1 AND due IS NULL;
CREATE INDEX envelopes_later ON envelopes (due, rank, received_at, id) WHERE working = 1 AND due IS NOT NULL;
CREATE INDEX envelopes_by_state ON envelopes (direction, state, id);
CREATE INDEX envelopes_by_counterpart ON envelopes (counterpart, direction, state, id) WHERE counterpart <> '';
CREATE INDEX envelopes_by_message_id ON envelopes (message_id) WHERE message_id <> '';
CREATE INDEX envelopes_by_our_reference ON envelopes (our_reference) WHERE our_reference <> '';
CREATE INDEX envelopes_by_exchange ON envelopes (exchange) WHERE exchange <> '';
CREATE INDEX envelopes_by_cause ON envelopes (cause) WHERE cause <> '';
CREATE INDEX envelopes_by_reference ON envelopes (reference) WHERE reference <> '';
CREATE INDEX envelopes_by_digest ON envelopes (digest);

CREATE TRIGGER state_needs_a_new_entry BEFORE UPDATE ON envelopes
WHEN NEW.version <> OLD.version + 1 OR NEW.entry <= OLD.entry
    OR NOT EXISTS (SELECT 1 FROM journal WHERE number = NEW.entry AND envelope = NEW.id)
BEGIN SELECT raise(ABORT, 'an envelope changes only together with a new journal entry about it'); END;
CREATE TRIGGER intake_is_not_changed BEFORE UPDATE OF id, direction, received_at, kind, channel, cause, reference, media_type, digest, octets, claim
ON envelopes
BEGIN SELECT raise(ABORT, 'what is fixed at intake does not change'); END;
CREATE TRIGGER envelope_is_not_deleted BEFORE DELETE ON envelopes
BEGIN SELECT raise(ABORT, 'no envelope is ever dropped'); END;

-- Large bytes: `payload` as it came; `verified`, `encoded` and `signed` as the stages learned them.
CREATE TABLE contents (
    envelope TEXT NOT NULL REFERENCES envelopes (id),
    part     TEXT NOT NULL,
    content  BLOB NOT NULL,
    PRIMARY KEY (envelope, part)
);
CREATE TRIGGER payload_is_not_changed BEFORE UPDATE ON contents WHEN OLD.part = 'payload'
BEGIN SELECT raise(ABORT, 'a payload stays as it came'); END;
CREATE TRIGGER payload_is_not_deleted BEFORE DELETE ON contents WHEN OLD.part = 'payload'
BEGIN SELECT raise(ABORT, 'a payload stays as it came'); END;

-- Which delivery of a channel became which envelope.
CREATE TABLE delivery_keys (
    channel  TEXT NOT NULL,
    key      TEXT NOT NULL,
    envelope TEXT NOT NULL REFERENCES envelopes (id),
    digest   TEXT NOT NULL,
    PRIMARY KEY (channel, key)
) WITHOUT ROWID;

-- Which verified content a sender's message id belongs to. `entry` tells which claim came first.
CREATE TABLE duplicate_keys (
    sender     TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    content    TEXT    NOT NULL,
    matter     TEXT    NOT NULL,
    envelope   TEXT    NOT NULL REFERENCES envelopes (id),
    entry      INTEGER NOT NULL REFERENCES journal (number),
    PRIMARY KEY (sender, message_id)
) WITHOUT ROWID;
CREATE INDEX duplicate_keys_by_matter ON duplicate_keys (sender, matter, entry) WHERE matter <> '';
