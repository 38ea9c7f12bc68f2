-- Who waits, by urgency and counterpart: so that the next of each office are found without reading what another one has piled up.

CREATE INDEX envelopes_at_once_of_each ON envelopes (rank, counterpart, received_at, id) WHERE working AND due IS NULL;
CREATE INDEX envelopes_later_of_each ON envelopes (rank, counterpart, due, id) WHERE working AND due IS NOT NULL;
