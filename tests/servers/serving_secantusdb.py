"""SecantusDB's server with two of its costs taken away, which grew with everything that it had been told before.

1. It remembers the replies to the last 10,000 writes, for drivers that ask again, and looks through all of them at
   each write. Here it remembers 100.
2. It sorts by comparing values of any type with any other. Whole numbers are sorted here as whole numbers.
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


if __name__ == "__main__":
    remembering: Any = transactions
    remembering._RETRYABLE_RECORD_MAX = 100
    sorting: Any = storage
    sorting.sort_docs = sorted_fast(sorting.sort_docs)
    sys.exit(main())
