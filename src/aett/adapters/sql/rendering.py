"""Named parameters, `:name`, as the drivers want them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_NAMED: Final = re.compile(r"(?<![:\w]):([a-z_]+[0-9]*)")
_KEPT: Final = 1024


@lru_cache(maxsize=_KEPT)
def pyformat(text: str) -> str:
    """As `%(name)s`."""
    return _NAMED.sub(r"%(\1)s", text.replace("%", "%%"))


@lru_cache(maxsize=_KEPT)
def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """As `$1`, `$2`, ..., and the names in that order, each once."""
    names = tuple(dict.fromkeys(_NAMED.findall(text)))
    return _NAMED.sub(lambda match: f"${names.index(match[1]) + 1}", text), names


@lru_cache(maxsize=_KEPT)
def positional(text: str) -> tuple[str, tuple[str, ...]]:
    """As `?`, and the names in that order, some more than once."""
    return _NAMED.sub("?", text), tuple(_NAMED.findall(text))
