-- The ledger: envelopes with their bytes, the journal, and what tells a repetition. Times are microseconds since 1970 in UTC.
-- Keys are compared byte by byte (COLLATE "C"), whatever the language of the server.

-- One row. Whoever writes locks it first: that makes the journal one chain, and it is what must agree with the tables.
CREATE TABLE standing (
    one      integer PRIMARY KEY CHECK (one = 1),
    accepted bigint NOT NULL,  -- envelopes ever taken in or made
    number   bigint NOT NULL,  -- last entry of the journal
    hash     text   NOT NULL
);

-- Append only. `entry` holds the canonical bytes that are hashed; `envelope` and `event` repeat them for searching.
CREATE TABLE journal (
    number   bigint PRIMARY KEY,
    before   text  NOT NULL,
    hash     text  NOT NULL,
    envelope text  NOT NULL COLLATE "C",
    event    text  NOT NULL,
    entry    bytea NOT NULL
);
CREATE INDEX journal_of_envelope ON journal (envelope, number) WHERE envelope <> '';

-- `entry` is the journal entry that explains the state: no state without one.
CREATE TABLE envelopes (
    id              text    PRIMARY KEY COLLATE "C",
    version         integer NOT NULL,
    direction       text    NOT NULL,
    state           text    NOT NULL,
    working         boolean NOT NULL,  -- whether a stage goes on from this state by itself
    rank            integer NOT NULL,  -- the higher the more urgent
    due             bigint,            -- null: at once
    entry           bigint  NOT NULL REFERENCES journal (number),
    received_at     bigint  NOT NULL,
    updated_at      bigint  NOT NULL,
    attempts        integer NOT NULL,
    breaks          integer NOT NULL,
    kind            text    NOT NULL,
    channel         text    NOT NULL,
    cause           text    NOT NULL COLLATE "C",
    reference       text    NOT NULL COLLATE "C",  -- the channel's own id of what came
    media_type      text    NOT NULL,
    digest          text    NOT NULL COLLATE "C",
    octets          bigint  NOT NULL,
    format          text    NOT NULL,
    counterpart     text    NOT NULL COLLATE "C",
    message_id      text    NOT NULL COLLATE "C",
    our_reference   text    NOT NULL COLLATE "C",
    exchange        text    NOT NULL COLLATE "C",
    urgency         text    NOT NULL,
    test            boolean NOT NULL,
    reason_code     text    NOT NULL,
    reason_public   text    NOT NULL,
    reason_operator text    NOT NULL,
    claim           bytea   NOT NULL,
    learned         bytea   NOT NULL
);
CREATE INDEX envelopes_at_once ON envelopes (rank DESC, received_at, id) WHERE working AND due IS NULL;
CREATE INDEX envelopes_later ON envelopes (due) WHERE working AND due IS NOT NULL;
CREATE INDEX envelopes_by_state ON envelopes (direction, state, id);
CREATE INDEX envelopes_by_counterpart ON envelopes (counterpart, id) WHERE counterpart <> '';
-- What comes from outside may be long; a hash index holds it whatever its length.
CREATE INDEX envelopes_by_message_id ON envelopes USING hash (message_id) WHERE message_id <> '';
CREATE INDEX envelopes_by_our_reference ON envelopes USING hash (our_reference) WHERE our_reference <> '';
CREATE INDEX envelopes_by_exchange ON envelopes USING hash (exchange) WHERE exchange <> '';
CREATE INDEX envelopes_by_cause ON envelopes USING hash (cause) WHERE cause <> '';
CREATE INDEX envelopes_by_reference ON envelopes USING hash (reference) WHERE reference <> '';
CREATE INDEX envelopes_by_digest ON envelopes USING hash (digest);

-- Large bytes: `payload` as it came; `verified`, `encoded` and `signed` as the stages learned them.
CREATE TABLE contents (
    envelope text  NOT NULL COLLATE "C" REFERENCES envelopes (id),
    part     text  NOT NULL,
    content  bytea NOT NULL,
    PRIMARY KEY (envelope, part)
);
ALTER TABLE contents ALTER COLUMN content SET STORAGE EXTERNAL;  -- compressing it again costs time and gains little

-- Which delivery of a channel became which envelope. Long keys are kept as their digest.
CREATE TABLE delivery_keys (
    channel  text NOT NULL COLLATE "C",
    key      text NOT NULL COLLATE "C",
    envelope text NOT NULL COLLATE "C" REFERENCES envelopes (id),
    digest   text NOT NULL,
    PRIMARY KEY (channel, key)
);

-- Which verified content a sender's message id belongs to. `entry` tells which claim came first.
CREATE TABLE duplicate_keys (
    sender     text   NOT NULL COLLATE "C",
    message_id text   NOT NULL COLLATE "C",
    content    text   NOT NULL,
    matter     text   NOT NULL COLLATE "C",
    envelope   text   NOT NULL COLLATE "C" REFERENCES envelopes (id),
    entry      bigint NOT NULL REFERENCES journal (number),
    PRIMARY KEY (sender, message_id)
);
CREATE INDEX duplicate_keys_by_matter ON duplicate_keys (sender, matter, entry) WHERE matter <> '';

-- What no program may do, refused by the tables themselves.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION journal_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM journal) THEN
        RAISE EXCEPTION 'a journal entry must follow the last one' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION envelope_is_explained() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <> OLD.version + 1 OR NEW.entry <= OLD.entry
        OR NOT EXISTS (SELECT 1 FROM journal WHERE number = NEW.entry AND envelope = NEW.id) THEN
        RAISE EXCEPTION 'an envelope changes only together with a new journal entry about it'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER journal_grows_without_gaps BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION journal_follows();
CREATE TRIGGER journal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('the journal is append only');
CREATE TRIGGER state_needs_a_new_entry BEFORE UPDATE ON envelopes FOR EACH ROW EXECUTE FUNCTION envelope_is_explained();
CREATE TRIGGER intake_is_not_changed
    BEFORE UPDATE OF id, direction, received_at, kind, channel, cause, reference, media_type, digest, octets, claim ON envelopes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('what is fixed at intake does not change');
CREATE TRIGGER envelope_is_not_deleted BEFORE DELETE OR TRUNCATE ON envelopes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('no envelope is ever dropped');
CREATE TRIGGER payload_is_not_changed BEFORE UPDATE OR DELETE ON contents FOR EACH ROW WHEN (OLD.part = 'payload')
    EXECUTE FUNCTION refuse('a payload stays as it came');
