"""The ports: what an engine does for the rest of the house, as Protocols."""
