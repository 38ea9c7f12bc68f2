-- The published log: its last checkpoint, and who may make the next one. The tiles are files; this row decides which of them count.

CREATE TABLE log (
    one    integer PRIMARY KEY CHECK (one = 1),
    size   bigint  NOT NULL,  -- entries under the checkpoint
    hash   text    NOT NULL,  -- of the chain, at that entry
    note   bytea   NOT NULL,  -- the signed checkpoint; empty before the first
    token  bigint  NOT NULL,  -- of the lease: grows whenever the leader changes
    holder text    NOT NULL,
    until  bigint  NOT NULL
);
INSERT INTO log (one, size, hash, note, token, holder, until)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', '', 0, '', 0);

CREATE TRIGGER log_grows BEFORE UPDATE ON log
    FOR EACH ROW WHEN (NEW.size < OLD.size OR NEW.token < OLD.token) EXECUTE FUNCTION refuse('the log only grows');
CREATE TRIGGER log_is_not_deleted BEFORE DELETE ON log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('the log only grows');
