-- Running numbers: what is known of each, added and never changed. `given` rows of a series have no gap.

CREATE TABLE numbers (
    sender     TEXT    NOT NULL,
    receiver   TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    about      TEXT    NOT NULL,  -- an envelope, or the kind of difference that is settled
    message_id TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    note       TEXT    NOT NULL,
    PRIMARY KEY (sender, receiver, number, kind, about)
) WITHOUT ROWID;
CREATE INDEX numbers_by_kind ON numbers (sender, receiver, kind, number, about);
CREATE INDEX numbers_by_time ON numbers (sender, receiver, kind, at);
CREATE TRIGGER numbers_are_not_changed BEFORE UPDATE ON numbers
BEGIN SELECT raise(ABORT, 'a running number is not changed'); END;
CREATE TRIGGER numbers_are_not_deleted BEFORE DELETE ON numbers
BEGIN SELECT raise(ABORT, 'a running number is not changed'); END;
