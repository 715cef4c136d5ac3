"""What is stored and is no value of its type."""

from __future__ import annotations


class Undecodable(ValueError):
    """Stored JSON is not a value of the type; the reason names the place."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason = reason
        self.path = path

    def under(self, name: str) -> Undecodable:
        """The same, seen from one attribute further out."""
        return Undecodable(self.reason, f"{name}.{self.path}" if self.path else name)
