-- Lifetimes: holds and orders of people, the intent to destroy and the destruction, by the subject whose key it is about.

CREATE TABLE lifetimes (
    subject  TEXT    NOT NULL PRIMARY KEY,
    stage    TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    lifetime BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX lifetimes_by_stage ON lifetimes (stage, subject);

CREATE TRIGGER lifetime_grows BEFORE UPDATE ON lifetimes
WHEN NEW.revision <> OLD.revision + 1 OR (OLD.stage = 'destroyed' AND NEW.stage <> 'destroyed')
BEGIN SELECT raise(ABORT, 'what was destroyed stays destroyed'); END;
CREATE TRIGGER lifetime_is_not_deleted BEFORE DELETE ON lifetimes
BEGIN SELECT raise(ABORT, 'what was decided about a lifetime is not forgotten'); END;
