"""The `aett` command: looks at stores, keeps them, and moves what is in them."""

from __future__ import annotations

import sys


def main() -> None:
    """Run it; without the extra `cli`, say what to install."""
    try:
        from aett.cli.app import app  # noqa: PLC0415  # what it needs is an extra
    except ModuleNotFoundError as error:
        sys.exit(f'the aett command needs {error.name}: pip install "aett[cli]"')
    app()
