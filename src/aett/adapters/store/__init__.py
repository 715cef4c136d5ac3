"""A commit store over any engine's records: what all engines do alike, and the two faces."""
