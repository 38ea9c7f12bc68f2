"""A witness that speaks C2SP tlog-witness over HTTP: `witness` is the way to it."""
