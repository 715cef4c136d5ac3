"""URLs that name a place: what is wrong with one is said, and what may be secret in it is not.

The driver's own parser reads the URL; here is only what must be known before, and what parsers differ in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}\Z")
_BARE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST: Final = re.compile(r"(?:\[[^\[\]]*\]|[^:\[\]]*)(?::(\d*))?\Z")
_LARGEST_PORT: Final = 65_535


def parts_of(url: str, schemes: tuple[str, ...], kind: str, example: str) -> SplitResult:
    """The URL's parts. ValueError if it is none of these schemes; without a word of what may be secret.

    kind: what the URL names, for the message; example: of one.
    """
    wrong = _wrong(url, schemes)
    if wrong is not None:
        raise ValueError(f"{kind} is named by a URL, as in {example}: {wrong}")
    return urlsplit(url)


def hosts_of(parts: SplitResult) -> str:
    """The host, or hosts, with their ports; without user and password."""
    return parts.netloc.rpartition("@")[2]


def options_of(parts: SplitResult, known: tuple[str, ...], kind: str) -> Mapping[str, str]:
    """The options of a URL whose parser is ours. ValueError for an unknown one, and one without a value."""
    options = dict[str, str]()
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in known:
            raise ValueError(f"a URL for {kind} has the options {', '.join(known)}, not {_shown(name)}")
        if not value:
            raise ValueError(f"a URL for {kind}: the option {name} has no value")
        options[name] = value
    return options


def _wrong(url: str, schemes: tuple[str, ...]) -> str | None:
    scheme, found, rest = url.partition("://")
    if not url:
        return "the text is empty"
    if not found:
        keywords = " (`keyword=value ...` is another form; write it as a URL)" if "=" in url else ""
        return f"there is no :// in the text{keywords}"
    if scheme not in schemes:
        base = scheme.partition("+")[0]
        driver = "; leave out the driver: which one is used, the class decides" if base in schemes else ""
        return f"its scheme is {_shown(scheme)}{driver}"
    if _BARE_PERCENT.search(url):
        return "a % is not followed by two hexadecimal digits; a % itself is written %25"
    if any(each.isspace() or not each.isprintable() for each in url):
        return "there is a space, a line break or the like in it"
    return _wrong_authority(rest)


def _wrong_authority(rest: str) -> str | None:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    beyond = rest[len(authority) :]
    credentials, _, hosts = authority.rpartition("@")
    if "@" in credentials or "@" in beyond.partition("?")[0] or ("@" in beyond and not credentials) or "#" in rest:
        return "in user and password, @ is written %40, / is written %2F, ? is written %3F, # is written %23"
    for host in hosts.split(","):
        matched = _HOST.match(host)
        if matched is None or (matched[1] and not 0 < int(matched[1]) <= _LARGEST_PORT):
            return f"a port is a number from 1 to {_LARGEST_PORT}"
    return None


def _shown(name: str) -> str:
    """A name, unless it may be anything else."""
    return repr(name) if _SCHEME.match(name) else "something else"
