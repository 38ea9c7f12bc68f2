-- Who waits, by urgency and counterpart: so that the next of each office are found without reading what another one has piled up.
-- A partial index is used only by a query that repeats its condition word for word.

CREATE INDEX envelopes_at_once_of_each ON envelopes (rank, counterpart, received_at, id) WHERE working = 1 AND due IS NULL;
CREATE INDEX envelopes_later_of_each ON envelopes (rank, counterpart, due, id) WHERE working = 1 AND due IS NOT NULL;
