"""What a command prints: quiet tables, one accent colour, the next command on the last line."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hotspots.pipeline.month import MonthResult

_ACCENT = "cyan"
_NAMED = 3
_AGREEMENT_WANTED = 0.99
_STOPPED = 130
_WIDE = 160
_NOTED = {"above", "below", "new", "intensifying", "diminishing", "sporadic"}
"""What is said of a hotspot in the summary; the others are as usual, and persistent or seen before."""
_FILES = {
    "map.html": "map, ranked hotspots and method; opens without a network",
    "map.png": "the map on A4, for paper, documents and slides",
    "map.svg": "the same as a drawing that scales",
    "hotspots.csv": "the hotspots, busiest first",
    "hotspot_months.csv": "incidents of each hotspot by month",
    "past.csv": "places that were hotspots in an earlier month",
    "neighbours.csv": "the neighbours' hotspots near the line",
    "areas.csv": "every LSOA of the area and its ring; zeros kept, no data empty",
    "concentration.csv": "how few LSOAs hold how much",
    "concentration.png": "the same as a plot",
    "concentration.svg": "the same as a plot that scales",
    "when.csv": "day and hour of each hotspot and the area, where times are known",
    "timed.csv": "how many incidents of each have a time",
    "season.csv": "calendar months of the area, over all history",
    "exposure.csv": "next month's events and the hotspots within reach, ranked",
    "earlier.csv": "incidents around those events when they were held before",
    "quality.html": "what the input is like: coverage, gaps, repeats, agreement",
    "quality.csv": "the same as a table",
    "rejects.csv": "every row that was not used, and why",
    "month.gpkg": "incidents, areas, hotspots, cells and events for QGIS or ArcGIS",
    "manifest.json": "row accounts, inputs with hashes, parameters, versions",
}


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show on standard error what is being done; nothing where that is no terminal."""
    console = Console(stderr=True, highlight=False)
    try:
        if not console.is_terminal:
            yield lambda _: None
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("Starting", total=None)
            yield lambda step: bar.update(task, description=printable(step))
    except KeyboardInterrupt:
        console.print("Stopped; no pack was changed.")
        raise typer.Exit(_STOPPED) from None


def printable(text: str) -> str:
    """Return text that cannot steer a terminal: every control character becomes a mark."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def quoted(path: Path) -> str:
    """Return a path as the shell of this system takes it."""
    return subprocess.list2cmdline([str(path)]) if sys.platform == "win32" else shlex.quote(str(path))


def print_month(result: MonthResult, then: str | None = None) -> None:
    """Print the summary of a month's run.

    Parameters
    ----------
    result
        What the run made.
    then
        The next command to type; none: how to open the map.
    """
    from hotspots.pipeline.quality import quality_lines  # noqa: PLC0415 - loads pandas

    console = console_of()
    facts = result.facts
    title = f"{facts.focus[:1].upper()}{facts.focus[1:]} · {facts.area} · {result.loaded.month}"
    console.print(Text(printable(title), style="bold"))
    for line in quality_lines(result.quality, without={"coverage"}):
        console.print(Text(printable(line)), soft_wrap=not console.is_terminal)
    console.print()
    console.print(_accounts(result))
    if len(result.hotspots):
        console.print()
        console.print(_hotspots(result))
    for line in _sentences(result):
        console.print(Text(printable(line)), soft_wrap=not console.is_terminal)
    for heading, sentences in result.findings:
        console.print()
        console.print(Text(printable(heading), "dim"))
        for sentence in sentences:
            console.print(Text(f"  {printable(sentence)}"), soft_wrap=not console.is_terminal)
    console.print()
    console.print(Text(f"Pack  {result.pack}"), soft_wrap=True)
    console.print(_files(result.pack))
    console.print()
    page = f"{_opener()} {quoted(result.pack / 'map.html')}"
    console.print(Text.assemble("Open the map:  ", (page, "" if then else _ACCENT)), soft_wrap=True)
    if then:
        console.print(Text.assemble("Type next:     ", (then, _ACCENT)), soft_wrap=True)


def console_of() -> Console:
    """Return the console: the width of the terminal, and lines left whole where the output goes to a file."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDE
    return console


def _opener() -> str:
    """Return the command that opens a file with its own program here."""
    return {"win32": "explorer", "darwin": "open"}.get(sys.platform, "xdg-open")


def _plain_table(*columns: str, right: tuple[int, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim", show_header=any(columns))
    for position, title in enumerate(columns):
        table.add_column(title, justify="right" if position in right else "left")
    return table


def _files(pack: Path) -> Table:
    """Return the files of the pack and what each is for."""
    table = _plain_table("", "")
    there = {path.name for path in pack.iterdir()}
    names = [*(name for name in _FILES if name in there), *sorted(there - set(_FILES))]
    for name in names:
        table.add_row(Text(f"  {name}", style=_ACCENT if name == "map.html" else ""), Text(_FILES.get(name, ""), "dim"))
    return table


def _accounts(result: MonthResult) -> Table:
    """Return the row accounts: every row read, and where it went; then what was found."""
    from hotspots.pack.words import percent  # noqa: PLC0415 - loads pandas

    counts, manifest, facts = result.manifest["counts"], result.manifest, result.facts
    files = len(result.loaded.intake.accounts)
    table = _plain_table("", "", "", right=(1,))
    table.add_row("Rows read", f"{counts['read']:,}", f"{files} file{'' if files == 1 else 's'}")
    table.add_row("  accepted", f"{counts['accepted']:,}", "")
    table.add_row("    located in an LSOA", f"{counts['located']:,}", _agreement(manifest))
    table.add_row("    outside the layer", f"{counts['outside']:,}", "")
    table.add_row("  rejected", f"{counts['rejected']:,}", "")
    for reason, number in manifest["rejected_by_reason"].items():
        table.add_row(f"    {reason}", f"{number:,}", Text(_why(reason, manifest)))
    if result.events is not None:
        rejected = f"{len(result.events.rejects)} rejected, see rejects.csv" if len(result.events.rejects) else ""
        table.add_row("Events in period", f"{result.n_events:,}", rejected)
    if result.tensions is not None:
        rejected = f"{len(result.tensions.rejects)} rejected, see rejects.csv; " if len(result.tensions.rejects) else ""
        table.add_row("Tension entries", f"{len(result.tensions.entries):,}", f"{rejected}for partners only")
    window = result.loaded.window.months
    table.add_row("Months used", f"{len(window)}", f"{window[0]} to {window[-1]}" if len(window) > 1 else "")
    shares = f"{percent(facts.share_of_n)} of incidents on {percent(facts.share_of_area)} of the area, in-sample"
    table.add_row("Hotspots", f"{len(result.hotspots)}", shares if len(result.hotspots) else "")
    return table


def _agreement(manifest: dict[str, Any]) -> str:
    named = manifest["published_code_kept"]["named"]
    kept = manifest["published_code_kept"]["kept"]
    if not named:
        return ""
    # Rounded down, so that 100.00 % is said only where every code was kept.
    said = f"published LSOA code kept in {int(10_000 * kept / named) / 100:.2f} %"
    by_lookup = any(file["role"] == "lookup" for file in manifest["inputs"])
    return said if by_lookup or kept >= _AGREEMENT_WANTED * named else f"{said}; try --lookup"


def _why(reason: str, manifest: dict[str, Any]) -> str:
    if reason == "no_location":
        by_category = sorted(manifest["no_location_by_category"].items(), key=lambda item: (-item[1], item[0]))
        said = ", ".join(f"{printable(name)} {number:,}" for name, number in by_category[:_NAMED])
        return said + (f", {len(by_category) - _NAMED} more" if len(by_category) > _NAMED else "")
    if reason == "repeated_id":
        differ = manifest["repeats_that_differ_in_place"]
        return f"{differ:,} differ in place from the row kept" if differ else ""
    return ""


def _hotspots(result: MonthResult) -> Table:
    """Return the ranked hotspots: window, month, what is usual, and what stands out."""
    from hotspots.pack.words import months_word  # noqa: PLC0415 - loads pandas

    months = months_word(len(result.loaded.window.months))
    table = _plain_table("Hotspot", months, str(result.loaded.month), "usual", "", right=(1, 2, 3))
    for row in result.hotspots.sort_values("rank").itertuples():
        usual = "" if row.change == "untested" else f"{row.usual_low}–{row.usual_high}"
        noted = [str(word) for word in (row.change, row.status) if word in _NOTED]
        noted += ["crosses the border"] if row.cross_border else []
        name = Text(printable(str(row.name)))
        table.add_row(name, f"{row.n:,}", f"{row.n_month:,}", usual, Text(", ".join(noted), _ACCENT))
    return table


def _sentences(result: MonthResult) -> list[str]:
    """Return what else a reader must know, a line each."""
    from hotspots.pack.words import headline, month_spans  # noqa: PLC0415 - loads pandas

    loaded = result.loaded
    lines = ["", *headline(result.facts), ""]
    if len(result.hotspots):
        lines.append(_parameters(result.manifest["parameters"]))
    if loaded.window.missing:
        lines.append(f"Missing from the files, not counted as zero: {month_spans(loaded.window.missing)}.")
    if loaded.focus.absent:
        lines.append(f"Not in the data: {', '.join(loaded.focus.absent)}.")
    if loaded.boundaries.repaired:
        named = ", ".join(loaded.boundaries.repaired[:_NAMED])
        more = (
            f" and {len(loaded.boundaries.repaired) - _NAMED} more" if len(loaded.boundaries.repaired) > _NAMED else ""
        )
        lines.append(f"Invalid polygons repaired: {named}{more}.")
    if loaded.boundaries.repeated:
        lines.append(f"LSOAs given more than once, their polygons joined: {len(loaded.boundaries.repeated)}.")
    lines += [*loaded.warnings, *loaded.notes]
    return lines if lines[-1] else lines[:-1]


def _parameters(parameters: dict[str, Any]) -> str:
    """Return the method's parameters and how they came about."""
    from hotspots.pack.words import months_word  # noqa: PLC0415 - loads pandas

    levels = parameters["min_incidents"]
    span = f"{levels[0]}" if len(levels) == 1 else f"{levels[0]} to {levels[-1]}"
    if parameters["method"] == "cells":
        half = parameters["half_life_months"]
        memory = f", an incident counting half after {half:g} months" if half else ""
        return (
            f"Method cells: {parameters['cell_shape']}s of {parameters['cell_m']:g} m, ranked by "
            f"{months_word(parameters['months_of_history'])}{memory}; at least {span} incidents."
        )
    if parameters["method"] == "density":
        chosen = "chosen" if parameters["bandwidth_chosen"] else "as set"
        bandwidth = parameters["bandwidth_m"]
        return f"Method density: quartic kernel of {bandwidth:.0f} m ({chosen}); at least {span} incidents."
    if parameters["method"] == "lsoa":
        return f"Method lsoa: most incidents per km²; at least {span} incidents."
    radius = "chosen: its hotspots hold most incidents" if parameters["radius_chosen"] else "as set"
    minimum = (
        f"raised until a place is no wider than {parameters['max_width_m']:g} m"
        if parameters["min_incidents_chosen"]
        else "as set"
    )
    return f"DBSCAN radius {parameters['radius_m']:g} m ({radius}), minimum {span} incidents ({minimum})."
