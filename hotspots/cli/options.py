"""Options that several commands share, each defined once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer


def _month(text: str) -> str:
    if re.fullmatch(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])", text) is None:
        raise typer.BadParameter("write it YYYY-MM, such as 2024-05.")
    return text


Month = Annotated[str, typer.Option(callback=_month, metavar="YYYY-MM", help="The month the meeting looks at.")]
Incidents = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PATH",
        help="Street-level crime: a data.police.uk CSV, a .gz of one, a folder or the downloaded zip. Repeatable; "
        "may be left out where the settings hold \\[\\[sources]].",
    ),
]
Boundaries = Annotated[
    list[Path],
    typer.Option(metavar="PATH", help="LSOA polygons in any vector format, 2011 or 2021. Repeatable."),
]
Area = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Borough or district code; without it the whole layer. Repeatable."),
]
Category = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Crime type in focus; without it serious violence. Repeatable."),
]
Theme = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Theme in focus, such as 'Weapon enabled violence'; see \\[\\[themes]] in settings."
    ),
]
WindowMonths = Annotated[
    int | None,
    typer.Option(metavar="N", help="Months up to and including the month that form the hotspots.", show_default="12"),
]
Events = Annotated[Path | None, typer.Option(metavar="PATH", help="Events tracker, CSV or workbook.")]
Tensions = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="Community tension log, for partners of the meeting only."),
]
Lookup = Annotated[Path | None, typer.Option(metavar="PATH", help="ONS exact-fit lookup from LSOA 2011 to 2021.")]
Previous = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="An earlier pack, such as packs/2024-04: name the files revised since."),
]
Population = Annotated[Path | None, typer.Option(metavar="PATH", help="Residents per LSOA, for rates per 1,000.")]
Tiles = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Tile server address; the page will then ask that host for its backdrop."),
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Folder of packs; the pack is DIR/YYYY-MM.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", metavar="PATH", help="Settings file.", show_default="hotspots.toml, if there is one"),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing pack.")]
ResultOut = Annotated[Path, typer.Option(metavar="DIR", help="Folder of the result; it appears whole or not at all.")]
ReplaceResult = Annotated[bool, typer.Option("--force", help="Replace an existing result.")]

DEFAULT_SETTINGS = Path("hotspots.toml")


def settings_path(given: Path | None) -> Path | None:
    """Return the settings file to read: the one given, else ``hotspots.toml`` here if there is one."""
    return given if given is not None else DEFAULT_SETTINGS if DEFAULT_SETTINGS.is_file() else None
