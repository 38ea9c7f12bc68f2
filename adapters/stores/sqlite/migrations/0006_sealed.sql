-- Content is sealed under keys that live in the vault. Rows from before stay as they are: a part without a mark is plain, JSON begins
-- with a brace.

ALTER TABLE contents ADD COLUMN mark BLOB;  -- keyed fingerprint of sealed content, which tells whether it changed; null: plain
ALTER TABLE envelopes ADD COLUMN words BLOB;  -- sealed: what left its columns because it may name a person
ALTER TABLE steps ADD COLUMN words BLOB;
ALTER TABLE happened ADD COLUMN words BLOB;
ALTER TABLE matters ADD COLUMN words BLOB;

-- Which keys of the vault a subject has: an envelope, `exchange:ID`, `journal:DAY`. The keys themselves are never here.
CREATE TABLE subject_keys (
    subject      TEXT    NOT NULL,
    key          INTEGER NOT NULL,
    destroyed_at INTEGER,          -- null: not yet
    rule         TEXT,
    PRIMARY KEY (subject, key)
) WITHOUT ROWID;
CREATE TRIGGER destroyed_stays_destroyed BEFORE UPDATE ON subject_keys
WHEN OLD.destroyed_at IS NOT NULL OR NEW.subject <> OLD.subject OR NEW.key <> OLD.key
BEGIN SELECT raise(ABORT, 'what was destroyed stays destroyed'); END;
CREATE TRIGGER keys_are_not_forgotten BEFORE DELETE ON subject_keys
BEGIN SELECT raise(ABORT, 'keys are destroyed in the vault, not forgotten here'); END;

-- What opens the commitments of an entry, sealed. The journal itself never holds it.
CREATE TABLE journal_personal (
    number  INTEGER PRIMARY KEY REFERENCES journal (number),
    opening BLOB    NOT NULL
);
CREATE TRIGGER opening_is_not_changed BEFORE UPDATE ON journal_personal
BEGIN SELECT raise(ABORT, 'what opens an entry is not changed'); END;
CREATE TRIGGER opening_is_not_deleted BEFORE DELETE ON journal_personal
BEGIN SELECT raise(ABORT, 'what opens an entry is destroyed by its key'); END;
