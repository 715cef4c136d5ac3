"""Runs a benchmark on a PostgreSQL server of its own, which writes to the disk as in earnest."""

# python benchmarks/on_postgresql.py benchmarks/waking.py

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.servers.postgresql import postgresql  # the path comes first

if __name__ == "__main__":
    with postgresql(fsync=True) as server:
        sys.exit(subprocess.call([sys.executable, *sys.argv[1:], server.url]))  # noqa: S603  # our own programs
