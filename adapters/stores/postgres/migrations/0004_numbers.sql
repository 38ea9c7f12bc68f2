-- Running numbers: what is known of each, added and never changed. `given` rows of a series have no gap.

CREATE TABLE numbers (
    sender     text   NOT NULL COLLATE "C",
    receiver   text   NOT NULL COLLATE "C",
    number     bigint NOT NULL,
    kind       text   NOT NULL COLLATE "C",
    about      text   NOT NULL COLLATE "C",  -- an envelope, or the kind of difference that is settled
    message_id text   NOT NULL,
    digest     text   NOT NULL,
    at         bigint NOT NULL,
    note       text   NOT NULL,
    PRIMARY KEY (sender, receiver, number, kind, about)
);
CREATE INDEX numbers_by_kind ON numbers (sender, receiver, kind, number, about);
CREATE INDEX numbers_by_time ON numbers (sender, receiver, kind, at);

CREATE TRIGGER numbers_are_not_changed BEFORE UPDATE OR DELETE ON numbers
    FOR EACH ROW EXECUTE FUNCTION refuse('a running number is not changed');
