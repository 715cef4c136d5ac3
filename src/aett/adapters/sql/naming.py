"""Names of tables, perhaps in a schema."""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

_PART: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@frozen
class Table:
    """A table's name and its schema's; None for the one that the connection begins with."""

    schema: str | None
    name: str

    @property
    def snapshots(self) -> Table:
        """The table of the snapshots beside it."""
        return Table(self.schema, f"{self.name}_snapshots")

    @property
    def registers(self) -> Table:
        """The table of the registers beside it."""
        return Table(self.schema, f"{self.name}_registers")

    @property
    def settled(self) -> Table:
        """The table of the watermark beside it, for servers whose readers queue."""
        return Table(self.schema, f"{self.name}_settled")

    @property
    def versions(self) -> Table:
        """The table beside it that tells by which schema version each was made."""
        return Table(self.schema, "aett_schema")

    def quoted(self, mark: str) -> str:
        """As an SQL identifier, each part between these two marks."""
        begin, end = mark[0], mark[-1]
        return ".".join(f"{begin}{part}{end}" for part in (self.schema, self.name) if part is not None)


def table_named(text: str, longest: int) -> Table:
    """The table of a name, as in `commits` or `app.commits`.

    longest: the characters that an engine leaves for it, after what is appended for indexes.
    Raises `ValueError` if a part is no letters, digits and underscores.
    """
    parts = text.split(".")
    if len(parts) > 2 or not all(map(_PART.fullmatch, parts)):  # noqa: PLR2004  # a schema and a name
        raise ValueError(
            f"{text!r} cannot be a table's name: it is letters, digits and underscores,"
            " after a schema's name and a dot if need be"
        )
    if max(map(len, parts)) > longest:
        raise ValueError(f"{text!r} cannot be a table's name: its parts have at most {longest} characters")
    return Table(parts[0] if len(parts) > 1 else None, parts[-1])
