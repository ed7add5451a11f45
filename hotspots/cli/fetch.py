"""``hotspots fetch``: incidents from the police API, boundaries and lookups from the ONS."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.report import printable, progress, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hotspots.pipeline.fetch import IncidentsResult
    from hotspots.pipeline.fetch_boundaries import BoundariesResult

_ACCENT = "cyan"
_STOPPED = 130

fetch = typer.Typer(
    help="Fetch incidents from data.police.uk, or boundaries, lookup and residents from the ONS.",
    no_args_is_help=True,
)

Months = Annotated[
    str, typer.Option(metavar="FROM:TO", help="Months, both ends included: 2023-01:2023-12; or one: 2023-01.")
]
IncidentsOut = Annotated[Path, typer.Option(metavar="DIR", help="Folder of months; hotspots run reads it whole.")]
BoundariesOut = Annotated[Path, typer.Option(metavar="DIR", help="Folder for the layer, the tables and their README.")]
District = Annotated[
    list[str], typer.Option("--area", metavar="NAME", help="District as the ONS names its LSOAs. Repeatable.")
]
Neighbours = Annotated[bool, typer.Option("--neighbours", help="The LSOAs around the district too: the map's context.")]
Vintage = Annotated[int, typer.Option(metavar="YEAR", help="Census of the LSOAs: 2021 or 2011.")]


@fetch.command("incidents")
def incidents(
    months: Months,
    boundaries: opt.Boundaries,
    area: opt.Area = None,
    out: IncidentsOut = Path("data"),
    settings: opt.SettingsFile = None,
) -> None:
    """Fetch street-level incidents of an area and the ring around it; a stopped run goes on where it was."""
    with _resumable("Stopped. Finished months and answers are kept: run the same command again to go on.") as say:
        from hotspots.pipeline.fetch import IncidentsRequest, fetch_incidents  # noqa: PLC0415 - slow libraries
        from hotspots.settings import load_settings  # noqa: PLC0415

        request = IncidentsRequest(tuple(boundaries), tuple(area or ()), months, out)
        result = fetch_incidents(request, load_settings(opt.settings_path(settings)), say)
    _print_incidents(result, boundaries, area or [])


@fetch.command("boundaries")
def boundaries(
    area: District,
    neighbours: Neighbours = False,
    vintage: Vintage = 2021,
    out: BoundariesOut = Path("boundaries"),
    settings: opt.SettingsFile = None,
) -> None:
    """Fetch the LSOA layer of a district, the exact-fit lookup and the residents, checked, with a README entry."""
    with _resumable("Stopped; run the same command again. A file that is there is whole.") as say:
        from hotspots.pipeline.fetch_boundaries import (  # noqa: PLC0415 - slow libraries load only for a job
            BoundariesRequest,
            fetch_boundaries,
        )
        from hotspots.settings import load_settings  # noqa: PLC0415

        request = BoundariesRequest(tuple(area), out, date.today(), neighbours, vintage)
        result = fetch_boundaries(request, load_settings(opt.settings_path(settings)), say)
    _print_boundaries(result, area)


@contextmanager
def _resumable(stopped: str) -> Iterator[Callable[[str], None]]:
    """Show progress; say after Ctrl-C what is there and how to go on."""
    halted = False
    with progress() as say:
        try:
            yield say
        except KeyboardInterrupt:
            halted = True
    if halted:
        Console(stderr=True, highlight=False).print(stopped, soft_wrap=True)
        raise typer.Exit(_STOPPED)


def _print_incidents(result: IncidentsResult, boundaries: Sequence[Path], areas: Sequence[str]) -> None:
    """Print the months, what must be known of them, and the next command."""
    console = Console(highlight=False, markup=False, emoji=False)
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for title in ("Month", "rows", ""):
        table.add_column(title, justify="right" if title == "rows" else "left")
    for month in result.months:
        said = "there already" if month.rows is None else f"{month.pieces} pieces" if month.pieces > 1 else ""
        table.add_row(month.month, "" if month.rows is None else f"{month.rows:,}", said)
    console.print(table)
    requests = (
        "no request" if result.requests == 0 else f"{result.requests} request{'s' if result.requests > 1 else ''}"
    )
    _lines(console, [f"{requests[0].upper()}{requests[1:]} sent.", *result.notes])
    held = [month.month for month in result.months if month.rows != 0]
    if held:
        given = " ".join(f"--boundaries {quoted(path)}" for path in boundaries)
        chosen = "".join(f" --area {quoted(Path(name))}" for name in areas)
        _next(console, f"hotspots run --month {held[-1]} --incidents {quoted(result.out)} {given}{chosen}")


def _print_boundaries(result: BoundariesResult, areas: Sequence[str]) -> None:
    """Print the files, what the check found, and the next command."""
    console = Console(highlight=False, markup=False, emoji=False)
    for file in result.files:
        console.print(Text(f"{file.rows:>6,} rows  {printable(str(file.path))}"), soft_wrap=True)
    _lines(console, result.notes)
    layer, *tables = (quoted(file.path) for file in result.files)
    options = " ".join(f"{name} {path}" for name, path in zip(("--lookup", "--population"), tables, strict=False))
    chosen = "".join(f" --area {quoted(Path(name))}" for name in areas)
    _next(console, f"hotspots run --month 2024-05 --incidents downloads --boundaries {layer} {options}{chosen}")


def _lines(console: Console, lines: Sequence[str]) -> None:
    console.print()
    for line in lines:
        console.print(Text(printable(line)), soft_wrap=True)


def _next(console: Console, command: str) -> None:
    console.print()
    console.print(Text.assemble("Type next:     ", (printable(command), _ACCENT)), soft_wrap=True)
