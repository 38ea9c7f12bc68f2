"""Time-stamp authorities that speak RFC 3161 over HTTP: `authority` is the way to one."""
