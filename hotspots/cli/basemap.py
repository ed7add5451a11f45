"""``hotspots basemap``: a backdrop of roads, water and place names, made from files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.report import printable, progress

if TYPE_CHECKING:
    from hotspots.pipeline.basemap import BasemapResult

_ACCENT = "cyan"

basemap = typer.Typer(
    help="Make a small vector backdrop for the map: main roads, water and place names, without any tile server.",
    no_args_is_help=True,
)

Roads = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PATH",
        help="Roads: OS Open Roads, OS OpenMap Local, an OSM extract or any line layer. Repeatable.",
    ),
]
Water = Annotated[
    list[Path] | None, typer.Option(metavar="PATH", help="Water as polygons or lines, from the same. Repeatable.")
]
Places = Annotated[
    list[Path] | None,
    typer.Option(metavar="PATH", help="Named places: OS Open Names, OSM or any points with names. Repeatable."),
]
Source = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT", help="Attribution line; needed where the columns of a file do not tell OS or OSM. Repeatable."
    ),
]
BackdropOut = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="File to write.", show_default="boundaries/backdrop-AREA.json"),
]
ReplaceFile = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]


@basemap.callback()
def group() -> None:
    """Make a small vector backdrop for the map: main roads, water and place names, without any tile server."""


@basemap.command("build")
def build(
    boundaries: opt.Boundaries,
    area: opt.Area = None,
    roads: Roads = None,
    water: Water = None,
    places: Places = None,
    source: Source = None,
    out: BackdropOut = None,
    settings: opt.SettingsFile = None,
    force: ReplaceFile = False,
) -> None:
    """Make the backdrop of an area from roads, water and places, simplified by zoom and under 1 MB."""
    with progress() as say:
        from hotspots.pipeline.basemap import (  # noqa: PLC0415 - slow libraries load only for a job
            BasemapRequest,
            build_basemap,
        )
        from hotspots.settings import load_settings  # noqa: PLC0415

        request = BasemapRequest(
            boundaries=tuple(boundaries),
            areas=tuple(area or ()),
            today=date.today(),
            roads=tuple(roads or ()),
            water=tuple(water or ()),
            places=tuple(places or ()),
            sources=tuple(source or ()),
            out=out,
            force=force,
        )
        result = build_basemap(request, load_settings(opt.settings_path(settings)), say)
    _print(result)


def _print(result: BasemapResult) -> None:
    """Print what the file holds, what must be known of it, and the setting that draws it."""
    console = Console(highlight=False, markup=False, emoji=False)
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for title in ("At the closest zoom", "number", "km"):
        table.add_column(title, justify="left" if title.startswith("At") else "right")
    for name, number, km in result.kept:
        table.add_row(name, f"{number:,}", f"{km:,.0f}" if km else "")
    console.print(table)
    console.print()
    size = f"{result.size / 1e3:,.0f} kB"
    for line in (*result.notes, *(f"On every page: {line}" for line in result.licence)):
        console.print(Text(printable(line)), soft_wrap=True)
    console.print(Text(f"{size}  {printable(str(result.path))}"), soft_wrap=True)
    console.print()
    # A path in the settings is relative to them, and a backslash would be an escape in TOML.
    setting = f'[map] backdrop = "{result.path.as_posix()}"'
    console.print(Text.assemble("Set next:      ", (printable(setting), _ACCENT), " in hotspots.toml"), soft_wrap=True)
