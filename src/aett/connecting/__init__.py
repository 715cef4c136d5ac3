"""Everything of a place of storage, from one URL."""

from __future__ import annotations

from aett.connecting.async_stores import AsyncStores, aconnect
from aett.connecting.settings import Settings
from aett.connecting.stores import Stores, connect

__all__ = ["AsyncStores", "Settings", "Stores", "aconnect", "connect"]
