"""Following a tenant's log: what reads it to its end, remembers how far it has come, and waits for more."""
