"""Where the table is: a URL or a configuration."""

from __future__ import annotations

from typing import Any, Final

from aett.adapters.aws.place import Configuration, parsed

TABLE: Final = "commits"
"""The table's name, unless a store is told otherwise."""


def configured(place: Any) -> Any:
    """A URL as a configuration; anything else as it is."""
    if not isinstance(place, str):
        return place
    region, path, options = parsed(place, "dynamodb", "dynamodb://eu-west-1")
    if path:
        raise ValueError("a DynamoDB URL names a region, as in dynamodb://eu-west-1; the table is an argument")
    return Configuration(region=region or None, **options)
