-- Content is sealed under keys that live in the vault. Rows from before stay as they are: a part without a mark is plain, JSON begins
-- with a brace.

ALTER TABLE contents ADD COLUMN mark bytea;  -- keyed fingerprint of sealed content, which tells whether it changed; null: plain
ALTER TABLE envelopes ADD COLUMN words bytea;  -- sealed: what left its columns because it may name a person
ALTER TABLE steps ADD COLUMN words bytea;
ALTER TABLE happened ADD COLUMN words bytea;
ALTER TABLE matters ADD COLUMN words bytea;

-- Which keys of the vault a subject has: an envelope, `exchange:ID`, `journal:DAY`. The keys themselves are never here.
CREATE TABLE subject_keys (
    subject      text   NOT NULL COLLATE "C",
    key          bigint NOT NULL,
    destroyed_at bigint,           -- null: not yet
    rule         text,
    PRIMARY KEY (subject, key)
);
CREATE FUNCTION destroyed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.destroyed_at IS NOT NULL OR NEW.subject <> OLD.subject OR NEW.key <> OLD.key THEN
        RAISE EXCEPTION 'what was destroyed stays destroyed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER destroyed_stays_destroyed BEFORE UPDATE ON subject_keys FOR EACH ROW EXECUTE FUNCTION destroyed_stays();
CREATE TRIGGER keys_are_not_forgotten BEFORE DELETE OR TRUNCATE ON subject_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('keys are destroyed in the vault, not forgotten here');

-- What opens the commitments of an entry, sealed. The journal itself never holds it.
CREATE TABLE journal_personal (
    number  bigint PRIMARY KEY REFERENCES journal (number),
    opening bytea  NOT NULL
);
CREATE TRIGGER opening_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_personal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('what opens an entry is destroyed by its key');
