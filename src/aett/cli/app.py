"""The command and its parts."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Final

import typer

from aett.cli import followers, foreign, moving, reading, upkeep

app: Final = typer.Typer(
    name="aett",
    help="Look at event stores, keep them, and move what is in them: on any engine, without knowing a class.",
    epilog="Where a store is can be said by --url or in AETT_URL. Statuses: 0 done, 1 not as it should be,"
    " 2 not understood, 3 the store cannot be reached, or has refused.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for each in (
    upkeep.init,
    upkeep.verify,
    reading.tenants,
    reading.streams,
    reading.show,
    reading.tail,
    reading.stats,
    upkeep.purge,
    moving.copy,
    moving.export,
):
    app.command()(each)
app.command("import")(moving.bring)
app.command("import-3x")(foreign.import_3x)
app.command("import-eventsourcing")(foreign.import_eventsourcing)
app.command()(followers.lag)
app.command("dead-letters")(followers.dead_letters)
app.command()(followers.rebuild)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(version("aett"))
        raise typer.Exit


@app.callback()
def start(
    asked: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Whatever the command is."""
    del asked
