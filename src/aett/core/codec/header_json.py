"""Headers as the JSON that is stored."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import msgspec

from aett.core.codec.undecodable import reason
from aett.core.errors import InvalidCommit
from aett.core.headers import EMPTY, Headers

_DECODER: Final = msgspec.json.Decoder(dict[str, Any])


def encode(headers: Headers) -> bytes:
    """The headers as a JSON object; empty bytes if there are none."""
    if not headers:
        return b""
    try:
        return msgspec.json.encode(dict(headers))
    except (TypeError, ValueError, RecursionError) as error:
        # They were JSON when the commit was made: only their top level is frozen.
        raise InvalidCommit(f"headers were changed, and are JSON no more: {reason(error)}") from error


def decode(raw: bytes | msgspec.Raw) -> Headers:
    """The headers again; a `msgspec.MsgspecError` where they are not a JSON object."""
    return MappingProxyType(_DECODER.decode(raw)) if raw else EMPTY
