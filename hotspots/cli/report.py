"""What a command prints: quiet tables, one accent colour, the next command on the last line."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotspots.pipeline.month import MonthResult

_ACCENT = "cyan"


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show on standard error what is being done; plain lines where that is no terminal."""
    console = Console(stderr=True, highlight=False)
    started = time.monotonic()
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("Starting") as status:
        yield lambda step: status.update(Text(f"{step} … {time.monotonic() - started:.0f} s"))


def print_month(result: MonthResult, then: str | None = None) -> None:
    """Print the summary of a month's run.

    Parameters
    ----------
    result
        What the run made.
    then
        The next command to type; none: how to open the map.
    """
    console = Console(highlight=False)
    facts = result.facts
    console.print(
        Text(f"{facts.focus[:1].upper()}{facts.focus[1:]} · {facts.area} · {result.loaded.month}", style="bold")
    )
    console.print(_accounts(result))
    if len(result.hotspots):
        console.print(_hotspots(result))
    for line in _sentences(result):
        console.print(Text(line), soft_wrap=True)
    console.print()
    for name in sorted(path.name for path in result.pack.iterdir()):
        console.print(Text(f"  {result.pack / name}", style=_ACCENT if name == "map.html" else ""), soft_wrap=True)
    console.print()
    console.print(Text(f"Next: open {result.pack / 'map.html'} in a browser; it needs no network."), soft_wrap=True)
    if then:
        console.print(Text(f"Then: {then}", style=_ACCENT), soft_wrap=True)


def _plain_table() -> Table:
    return Table(box=None, pad_edge=False, show_edge=False, header_style="dim")


def _accounts(result: MonthResult) -> Table:
    """Return the row accounts: every row read, and where it went."""
    counts, manifest = result.manifest["counts"], result.manifest
    table = _plain_table()
    table.add_column("Rows")
    table.add_column("", justify="right")
    table.add_column("")
    table.add_row("read", f"{counts['read']:,}", f"{len(result.loaded.intake.accounts)} files")
    table.add_row("accepted", f"{counts['accepted']:,}", "")
    table.add_row("  located in an LSOA", f"{counts['located']:,}", _agreement(manifest))
    table.add_row("  outside the layer", f"{counts['outside']:,}", "")
    table.add_row("rejected", f"{counts['rejected']:,}", "see rejects.csv" if counts["rejected"] else "")
    for reason, number in manifest["rejected_by_reason"].items():
        table.add_row(f"  {reason}", f"{number:,}", _why(reason, manifest))
    if result.events is not None:
        rejected = f"{len(result.events.rejects)} rejected" if len(result.events.rejects) else ""
        table.add_row("events in period", f"{result.n_events:,}", rejected)
    return table


def _agreement(manifest: dict[str, dict[str, int]]) -> str:
    named = manifest["published_code_kept"]["named"]
    kept = manifest["published_code_kept"]["kept"]
    return f"published LSOA code kept in {100 * kept / named:.2f} %" if named else ""


def _why(reason: str, manifest: dict[str, dict[str, int]]) -> str:
    if reason == "no_location":
        by_category = sorted(manifest["no_location_by_category"].items(), key=lambda item: -item[1])
        said = ", ".join(f"{name} {number}" for name, number in by_category[:3])
        return said + (f", {len(by_category) - 3} more" if len(by_category) > 3 else "")  # noqa: PLR2004
    if reason == "repeated_id":
        return f"{manifest['repeats_that_differ_in_place']} differ in place from the row kept"
    return ""


def _hotspots(result: MonthResult) -> Table:
    table = _plain_table()
    facts = result.facts
    for title, side in (
        ("", "right"),
        ("Hotspot", "left"),
        (f"{len(facts.months.dropna())} months", "right"),
        (str(result.loaded.month), "right"),
        ("usual", "right"),
        ("", "left"),
    ):
        table.add_column(title, justify="right" if side == "right" else "left")
    for row in result.hotspots.sort_values("rank").itertuples():
        usual = "" if row.change == "untested" else f"{row.usual_low}–{row.usual_high}"
        word = row.change if row.change in {"above", "below"} else ""
        border = "crosses the border" if row.cross_border else ""
        said = " · ".join(filter(None, [word, border]))
        table.add_row(str(row.rank), Text(str(row.name)), f"{row.n:,}", f"{row.n_month:,}", usual, said)
    return table


def _sentences(result: MonthResult) -> list[str]:
    """Return what else a reader must know, a line each."""
    from hotspots.pack.words import headline, percent  # noqa: PLC0415 - loads pandas

    loaded, facts = result.loaded, result.facts
    parameters = result.manifest["parameters"]
    lines = ["", *headline(facts)]
    if len(result.hotspots):
        lines.append(
            f"In-sample: {percent(facts.share_of_n)} of incidents on {percent(facts.share_of_area)} of the area; "
            f"DBSCAN radius {parameters['radius_m']:g} m, "
            f"minimum {', '.join(map(str, parameters['min_incidents']))}.",
        )
    if loaded.missing:
        lines.append(f"Missing months, not counted as zero: {', '.join(map(str, loaded.missing))}.")
    if loaded.absent:
        lines.append(f"Not in the data: {', '.join(loaded.absent)}.")
    if loaded.boundaries.repaired:
        lines.append(
            f"Polygons repaired: {len(loaded.boundaries.repaired)} ({', '.join(loaded.boundaries.repaired[:5])})."
        )
    if loaded.boundaries.repeated:
        lines.append(f"LSOAs given more than once, first used: {len(loaded.boundaries.repeated)}.")
    return [*lines, *loaded.notes]
