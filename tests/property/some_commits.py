"""Any first commit of any stream."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import strategies as st

from aett import Commit, Head
from aett.testing.strategies import batches, commands, headers, stamps, streams, tenants


@st.composite
def some_commits(draw: st.DrawFn) -> Commit:
    """One, with all that a commit may have."""
    return Head(draw(tenants()), draw(streams())).commit(
        *draw(batches()),
        commit_id=uuid4(),
        stamp=draw(stamps()),
        headers=draw(headers()),
        commands=draw(commands()),
    )
