"""The commands of ``hotspots``, and how an error reaches the user."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer
from rich.console import Console

from hotspots import __version__
from hotspots.cli.backtest import backtest_command
from hotspots.cli.basemap import basemap
from hotspots.cli.bus import bus
from hotspots.cli.check import check_command
from hotspots.cli.demo import demo
from hotspots.cli.evaluate import evaluate_command
from hotspots.cli.events import events
from hotspots.cli.fetch import fetch
from hotspots.cli.near_repeat import near_repeat_command
from hotspots.cli.report import printable
from hotspots.cli.run import run_command
from hotspots.cli.tensions import tension
from hotspots.errors import HotspotsError

app = typer.Typer(
    name="hotspots",
    help="From raw incident points to the hotspot map and pack of the monthly tasking meeting.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run_command)
app.command("check")(check_command)
app.command("backtest")(backtest_command)
app.command("near-repeat")(near_repeat_command)
app.command("evaluate")(evaluate_command)
app.command("demo")(demo)
app.add_typer(fetch, name="fetch")
app.add_typer(basemap, name="basemap")
app.add_typer(bus, name="bus")
app.add_typer(events, name="events")
app.add_typer(tension, name="tension")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"hotspots {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """From raw incident points to the hotspot map and pack of the monthly tasking meeting."""


def run() -> None:
    """Run the command line: exit code 1 and one sentence for bad input, 2 for wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a street's name must not stop a Windows console
    try:
        app()
    except HotspotsError as error:
        message = printable(" ".join(str(error).split()))
        Console(stderr=True, highlight=False).print(f"Error: {message}", markup=False, emoji=False, soft_wrap=True)
        sys.exit(1)
