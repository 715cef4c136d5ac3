"""How values become JSON and come back equal; envelopes and headers with it."""
