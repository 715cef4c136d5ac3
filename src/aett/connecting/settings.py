"""What a service is told by its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from attrs import field, frozen


@frozen
class Settings:
    """Where the store is.

    url: as `connect` takes it. table: of the commits, if it is not the engine's usual one.
    """

    url: str = field(repr=False)
    table: str | None = None

    @staticmethod
    def of_environment(environment: Mapping[str, str] = os.environ) -> Settings:
        """Those of `AETT_URL` and `AETT_TABLE`; a ValueError if there is no `AETT_URL`."""
        url = environment.get("AETT_URL")
        if not url:
            raise ValueError("AETT_URL is not set: it names the store by a URL, as in sqlite:///events.db")
        return Settings(url, environment.get("AETT_TABLE") or None)
