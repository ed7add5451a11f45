"""``hotspots check``: look at the input before anything is made of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.report import printable, progress

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.pipeline.quality import CheckResult

_STYLES = {"warning": "bold cyan", "note": "", "ok": "dim"}
_WIDE = 160
_OF_A_KIND = 12


def check_command(
    month: opt.Month,
    boundaries: opt.Boundaries,
    incidents: opt.Incidents = None,
    area: opt.Area = None,
    category: opt.Category = None,
    theme: opt.Theme = None,
    lookup: opt.Lookup = None,
    previous: opt.Previous = None,
    settings: opt.SettingsFile = None,
) -> None:
    """Say what the input of a month is like: rows, gaps, codes, repeats, revisions. Nothing is written."""
    with progress() as say:
        from hotspots.pipeline.inputs import Inputs  # noqa: PLC0415 - slow libraries load only for a job
        from hotspots.pipeline.quality import run_check  # noqa: PLC0415
        from hotspots.settings import load_settings  # noqa: PLC0415

        inputs = Inputs(
            month=month,
            incidents=tuple(incidents or ()),
            boundaries=tuple(boundaries),
            areas=tuple(area or ()),
            categories=tuple(category or ()),
            theme=theme or "",
            lookup=lookup,
        )
        result = run_check(inputs, load_settings(opt.settings_path(settings)), previous, say)
    given: dict[str, Any] = {
        "--month": [month],
        "--incidents": incidents,
        "--boundaries": boundaries,
        "--area": area,
        "--category": category,
        "--theme": [theme] if theme else None,
        "--lookup": [lookup] if lookup else None,
        "--settings": [settings] if settings else None,
    }
    words = [text for option, values in given.items() for value in values or () for text in (option, str(value))]
    print_check(result, then=_line(["hotspots", "run", *words]))


def print_check(result: CheckResult, then: str) -> None:
    """Print what was found, topic by topic, the worst first.

    Parameters
    ----------
    result
        What the check found.
    then
        The next command to type.
    """
    from hotspots.pipeline.quality import findings, headline  # noqa: PLC0415 - loads pandas

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDE
    console.print(Text(printable(f"Quality of the input · {result.area} · {result.loaded.month}"), style="bold"))
    console.print()
    console.print(headline(result.quality))
    console.print()
    console.print(_table(findings(result.quality, most=_OF_A_KIND)))
    console.print()
    console.print(Text.assemble("Type next:  ", (printable(then), "cyan")), soft_wrap=True)


def _table(told: pd.DataFrame) -> Table:
    """Return the findings by topic: topics with warnings first, then those with notes, then those in order."""
    table = Table(box=None, pad_edge=False, show_edge=False, show_header=False)
    for width in (13, 7, None):
        table.add_column(width=width, overflow="fold")
    # The findings come with the worst first, so a topic stands where its worst one does.
    for topic, group in told.groupby("topic", sort=False):
        name = str(topic)
        for status, said in zip(group["status"], group["said"], strict=True):
            table.add_row(Text(name, "dim"), Text(status, _STYLES[status]), Text(printable(said), _STYLES[status]))
            name = ""
    return table


def _line(words: list[str]) -> str:
    """Return a command as the shell of this system takes it."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
