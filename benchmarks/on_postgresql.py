"""Runs a benchmark on a PostgreSQL server of its own, which writes to the disk as in earnest."""

# python -m benchmarks.on_postgresql benchmarks.waking

from __future__ import annotations

import subprocess
import sys

from tests.servers.postgresql import postgresql

if __name__ == "__main__":
    with postgresql(fsync=True) as server:
        sys.exit(subprocess.call([sys.executable, "-m", *sys.argv[1:], server.url]))  # noqa: S603  # our own programs
