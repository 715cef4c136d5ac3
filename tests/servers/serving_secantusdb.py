"""SecantusDB's server with three of its costs taken away, which grew with all that it had been told before.

1. It remembers the replies to the last 10,000 writes, for drivers that ask again, and looks through all of them at
   each write. Here it remembers 100.
2. It sorts by comparing values of any type with any other. Whole numbers are sorted here as whole numbers.
3. Asked for the last document of an order, it reads and sorts all of them. Here it first looks from where the last
   one was on; only if there is none any more, it looks at all.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from secantus import storage, transactions
from secantus.cli import main

Document = dict[str, Any]


def sorted_fast(otherwise: Any) -> Any:
    """Sorts as `otherwise` does, whose arguments it takes; whole numbers of one field without its help."""

    def sort(docs: list[Document], spec: Mapping[str, int] | None, collation: Any = None) -> Sequence[Document]:
        if spec and len(spec) == 1:
            ((name, direction),) = spec.items()
            if all(type(each.get(name)) is int for each in docs):
                return sorted(docs, key=lambda each: each[name], reverse=direction == -1)
        return otherwise(docs, spec, collation)  # type: ignore[no-any-return]  # it has no types

    return sort


def found_fast(otherwise: Any) -> Any:
    """Finds as `otherwise` does, whose arguments it takes; the last of an order near where it was."""
    known: dict[tuple[str, ...], int] = {}

    def find(self: Any, db: str, coll: str, filter: Any = None, **how: Any) -> Any:  # noqa: A002  # its own name
        name = last_of(how)
        if name is None or name in (filter or {}):
            return otherwise(self, db, coll, filter, **how)
        place = (db, coll, repr(filter), name)
        found: list[Document] = []
        if place in known:
            found = otherwise(self, db, coll, {**(filter or {}), name: {"$gte": known[place]}}, **how)
        found = found or otherwise(self, db, coll, filter, **how)
        if found and type(found[0].get(name)) is int:
            known[place] = found[0][name]
        return found

    return find


def last_of(how: Mapping[str, Any]) -> str | None:
    """The field of which the last document is asked for, if that is what is asked for."""
    sort: dict[str, int] = how.get("sort") or {}
    alone = how.get("limit") == 1 and not how.get("skip") and list(sort.values()) == [-1]
    return next(iter(sort)) if alone else None


if __name__ == "__main__":
    remembering: Any = transactions
    remembering._RETRYABLE_RECORD_MAX = 100
    sorting: Any = storage
    sorting.sort_docs = sorted_fast(sorting.sort_docs)
    storing: Any = storage.Storage
    storing.find_matching = found_fast(storing.find_matching)
    sys.exit(main())
