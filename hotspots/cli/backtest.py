"""``hotspots backtest``: how the methods do on months they have not seen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.report import console_of, printable, progress

if TYPE_CHECKING:
    from hotspots.pipeline.backtest import BacktestResult

_ACCENT = "cyan"
_FILES = {
    "backtest.csv": "every method, origin and share of the area",
    "summary.csv": "the same over all origins, with intervals",
    "backtest.json": "sentences, choice, parameters, inputs and versions",
    "hit-rate.png": "figure for a report",
    "hit-rate.svg": "the same for print",
}


def _sizes(text: str) -> str:
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,4}(?:[.][0-9]{1,3})?", part) for part in parts):
        raise typer.BadParameter("write sizes in metres with commas between them, such as 100,150,250.")
    return text


CellSizes = Annotated[
    str, typer.Option(callback=_sizes, metavar="M,M,…", help="Sizes of the cells that are tried, in metres.")
]
Horizon = Annotated[int, typer.Option(metavar="N", min=1, max=3, help="Months after each origin that are scored.")]
Origins = Annotated[int, typer.Option(metavar="N", min=1, help="So many of the latest origins.")]


def backtest_command(
    *,
    month: opt.Month,
    boundaries: opt.Boundaries,
    incidents: opt.Incidents = None,
    area: opt.Area = None,
    category: opt.Category = None,
    theme: opt.Theme = None,
    horizon: Horizon = 1,
    origins: Origins = 24,
    cell_sizes: CellSizes = "100,150,250",
    lookup: opt.Lookup = None,
    settings: opt.SettingsFile = None,
    out: opt.ResultOut = Path("backtest"),
    force: opt.ReplaceResult = False,
) -> None:
    """Score every method on months it has not seen, beside a plain count, last month and chance."""
    with progress() as say:
        from hotspots.analysis.backtest import Plan  # noqa: PLC0415 - slow libraries load only for a job
        from hotspots.pipeline.backtest import BacktestRequest, run_backtest  # noqa: PLC0415
        from hotspots.pipeline.inputs import Inputs  # noqa: PLC0415
        from hotspots.settings import load_settings  # noqa: PLC0415

        path = opt.settings_path(settings)
        inputs = Inputs(
            month=month,
            incidents=tuple(incidents or ()),
            boundaries=tuple(boundaries),
            areas=tuple(area or ()),
            categories=tuple(category or ()),
            theme=theme or "",
            lookup=lookup,
        )
        request = BacktestRequest(
            inputs,
            out,
            Plan(horizon_months=horizon, origins=origins),
            tuple(float(size) for size in cell_sizes.split(",")),
            force,
            path,
        )
        result = run_backtest(request, load_settings(path), say)
    print_backtest(result)


def print_backtest(result: BacktestResult) -> None:
    """Print what was found: sentences, the table at 2 % of the area, what stands against it, and the files.

    Parameters
    ----------
    result
        What the backtest made.
    """
    console = console_of()
    focus, origins = result.loaded.focus.name, sorted(result.table["origin"].unique())
    title = f"Held-out test · {focus[:1].upper()}{focus[1:]} · {result.area} · origins {origins[0]} to {origins[-1]}"
    console.print(Text(printable(title), style="bold"), soft_wrap=not console.is_terminal)
    console.print()
    console.print(_table(result))
    console.print(Text("PAI at 2 % of the area, mean over origins, 95 % interval; hit rate; share filled up", "dim"))
    console.print()
    for line in (*result.sentences, *result.warnings, *result.loaded.notes):
        console.print(Text(printable(line)), soft_wrap=not console.is_terminal)
    console.print()
    console.print(Text(f"Result  {result.folder}"), soft_wrap=True)
    for name, what in _FILES.items():
        console.print(Text.assemble(f"  {name:<14} ", (what, "dim")), soft_wrap=True)


def _table(result: BacktestResult) -> Table:
    """Return the methods by their mean PAI at 2 % of the area."""
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for position, name in enumerate(("Method", "PAI", "95 %", "hit rate", "filled", "")):
        table.add_column(name, justify="right" if 0 < position < 5 else "left")  # noqa: PLR2004 - numbers
    at = result.ranking
    marks = {result.plain: "plain count", result.method: "as set", result.choice.method: "chosen"}
    for name, row in zip(at.index, at.to_dict("records"), strict=True):
        mark = marks.get(name, "")
        table.add_row(
            Text(name, _ACCENT if mark else ""),
            f"{row['pai']:.2f}",
            f"{row['pai_low']:.2f}–{row['pai_high']:.2f}",
            f"{100 * row['hit_rate']:.1f} %",
            f"{100 * row['filled_share']:.0f} %" if row["filled_share"] else "",
            Text(mark, _ACCENT),
        )
    return table
