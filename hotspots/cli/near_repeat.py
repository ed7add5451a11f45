"""``hotspots near-repeat``: whether incidents that lie close together also follow each other soon."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.report import console_of, printable, progress

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.pipeline.near_repeat import NearRepeatResult

_ACCENT = "cyan"
_FILES = {
    "near-repeat.csv": "pairs by distance and time, expected, tested",
    "near-repeat.json": "the same with sentences, method, inputs and versions",
    "near-repeat.png": "figure for a report",
    "near-repeat.svg": "the same for print",
}


class _Metric(StrEnum):
    euclidean = "euclidean"
    manhattan = "manhattan"


def _rising(text: str, number: str) -> list[float]:
    """Return the numbers of a list such as ``100,200,300``."""
    parts = [part.strip() for part in text.split(",")]
    values = [float(part) for part in parts if re.fullmatch(number, part)]
    if len(values) < len(parts) or any(low >= high for low, high in pairwise(values)):
        raise typer.BadParameter("write rising numbers with commas between them.")
    return values


def _distances(text: str) -> str:
    _rising(text, r"[0-9]{1,6}(?:[.][0-9]{1,6})?")
    return text


def _days(text: str) -> str:
    _rising(text, r"[0-9]{1,6}")
    return text


Distances = Annotated[
    str,
    typer.Option(
        callback=_distances,
        metavar="M,M,…",
        help="Last metre of each distance band, as 100,200,300; a 0 in front is the same place.",
    ),
]
Days = Annotated[
    str,
    typer.Option(
        callback=_days,
        metavar="D,D,…",
        help="Last day of each time band, as 7,14,21; a 0 in front is the same day.",
    ),
]
Distance = Annotated[_Metric, typer.Option(help="Straight lines, or the sum of the two legs.")]
Permutations = Annotated[int, typer.Option(metavar="N", min=1, help="Random orders of the days, for p.")]
WindowMonths = Annotated[
    int | None,
    typer.Option(metavar="N", help="Months up to and including the month that are looked at.", show_default="12"),
]


def near_repeat_command(
    *,
    month: opt.Month,
    boundaries: opt.Boundaries,
    incidents: opt.Incidents = None,
    area: opt.Area = None,
    category: opt.Category = None,
    theme: opt.Theme = None,
    window_months: WindowMonths = None,
    distances: Distances = "0,100,200,300",
    days: Days = "7,14,21",
    metric: Distance = _Metric.euclidean,
    permutations: Permutations = 999,
    lookup: opt.Lookup = None,
    settings: opt.SettingsFile = None,
    out: opt.ResultOut = Path("near-repeat"),
    force: opt.ReplaceResult = False,
) -> None:
    """Test whether incidents near each other also follow each other soon (Knox); needs incidents with dates."""
    with progress() as say:
        from hotspots.pipeline.inputs import Inputs  # noqa: PLC0415 - slow libraries load only for a job
        from hotspots.pipeline.near_repeat import NearRepeatRequest, run_near_repeat  # noqa: PLC0415
        from hotspots.settings import load_settings, with_hotspots  # noqa: PLC0415

        path = opt.settings_path(settings)
        chosen = with_hotspots(load_settings(path), window_months=window_months)
        inputs = Inputs(
            month=month,
            incidents=tuple(incidents or ()),
            boundaries=tuple(boundaries),
            areas=tuple(area or ()),
            categories=tuple(category or ()),
            theme=theme or "",
            lookup=lookup,
        )
        request = NearRepeatRequest(
            inputs,
            out,
            distances_m=tuple(float(end) for end in distances.split(",")),
            days=tuple(int(end) for end in days.split(",")),
            metric=metric.value,
            permutations=permutations,
            force=force,
            settings_file=path,
        )
        result = run_near_repeat(request, chosen, say)
    print_near_repeat(result)


def print_near_repeat(result: NearRepeatResult) -> None:
    """Print what was found: sentences, the table of pairs, what stands against it, and the files.

    Parameters
    ----------
    result
        What the test made.
    """
    console = console_of()
    loaded = result.loaded
    focus, months = loaded.focus.name, loaded.window.months
    span = f"{months[0]} to {months[-1]}" if len(months) > 1 else f"{months[0]}"
    title = f"Near repeats · {focus[:1].upper()}{focus[1:]} · {result.area} · {span} · {result.n:,} incidents"
    console.print(Text(printable(title), style="bold"), soft_wrap=not console.is_terminal)
    console.print()
    console.print(_table(result.table))
    console.print(Text("pairs / expected by chance; * more than chance after the correction", "dim"))
    console.print()
    for line in (*result.sentences, *result.warnings, *loaded.notes):
        console.print(Text(printable(line)), soft_wrap=not console.is_terminal)
    console.print()
    console.print(Text(f"Result  {result.folder}"), soft_wrap=True)
    for name, what in _FILES.items():
        console.print(Text.assemble(f"  {name:<18} ", (what, "dim")), soft_wrap=True)


def _table(bands: pd.DataFrame) -> Table:
    """Return the bands as a square table: distances down, times across."""
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    table.add_column("m \\ days", style="dim")
    for days in bands["days"].unique():
        table.add_column(days, justify="right")
    for distance, row in bands.groupby("distance_m", sort=False):
        cells = [
            Text(f"{n:,} / {expected:,.1f}{' *' if beyond else '  '}", _ACCENT if beyond else "")
            for n, expected, beyond in zip(row["n_pairs"], row["expected"], row["beyond_chance"], strict=True)
        ]
        table.add_row(str(distance), *cells)
    return table
