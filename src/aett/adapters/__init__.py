"""The engines, a package each, and what they share."""
