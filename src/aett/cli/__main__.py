"""`python -m aett.cli` is the `aett` command."""

from aett.cli import main

main()
