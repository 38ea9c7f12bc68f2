-- Lifetimes: holds and orders of people, the intent to destroy and the destruction, by the subject whose key it is about.

CREATE TABLE lifetimes (
    subject  text   PRIMARY KEY COLLATE "C",
    stage    text   NOT NULL COLLATE "C",
    revision bigint NOT NULL,
    lifetime bytea  NOT NULL
);
CREATE INDEX lifetimes_by_stage ON lifetimes (stage, subject);

CREATE TRIGGER lifetime_grows BEFORE UPDATE ON lifetimes FOR EACH ROW
    WHEN (NEW.revision <> OLD.revision + 1 OR (OLD.stage = 'destroyed' AND NEW.stage <> 'destroyed'))
    EXECUTE FUNCTION refuse('what was destroyed stays destroyed');
CREATE TRIGGER lifetime_is_not_deleted BEFORE DELETE ON lifetimes
    FOR EACH ROW EXECUTE FUNCTION refuse('what was decided about a lifetime is not forgotten');
