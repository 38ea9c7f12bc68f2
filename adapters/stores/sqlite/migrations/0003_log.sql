-- The published log: its last checkpoint, and who may make the next one. The tiles are files; this row decides which of them count.

CREATE TABLE log (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    size   INTEGER NOT NULL,  -- entries under the checkpoint
    hash   TEXT    NOT NULL,  -- of the chain, at that entry
    note   BLOB    NOT NULL,  -- the signed checkpoint; empty before the first
    token  INTEGER NOT NULL,  -- of the lease: grows whenever the leader changes
    holder TEXT    NOT NULL,
    until  INTEGER NOT NULL
);
INSERT INTO log (one, size, hash, note, token, holder, until)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', x'', 0, '', 0);

CREATE TRIGGER log_grows BEFORE UPDATE ON log WHEN NEW.size < OLD.size OR NEW.token < OLD.token
BEGIN SELECT raise(ABORT, 'the log only grows'); END;
CREATE TRIGGER log_is_not_deleted BEFORE DELETE ON log
BEGIN SELECT raise(ABORT, 'the log only grows'); END;
