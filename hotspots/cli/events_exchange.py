"""``hotspots events import`` and ``export``: calendars and lists of dates into the events tracker, and out of it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.events_print import is_whole_days
from hotspots.cli.report import console_of, printable, progress, quoted

if TYPE_CHECKING:
    from rich.console import Console

    from hotspots.pipeline.events_exchange import ExportResult, ImportResult

_ACCENT = "cyan"
_SHOWN = 20


def _month(text: str | None) -> str | None:
    if text is not None and re.fullmatch(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])", text) is None:
        raise typer.BadParameter("write it YYYY-MM, such as 2024-05.")
    return text


def _today(text: str | None) -> str | None:
    try:
        date.fromisoformat(text or "2024-05-13")
    except ValueError as error:
        raise typer.BadParameter("write it YYYY-MM-DD, such as 2024-05-13.") from error
    return text


Source = Annotated[Path, typer.Argument(metavar="FILE", help="Calendar (.ics), or a list of dates as CSV or workbook.")]
Target = Annotated[Path, typer.Argument(metavar="FILE", help="File to write: .ics, .xlsx or .geojson.")]
Register = Annotated[
    Path | None,
    typer.Option("--events", metavar="PATH", help="The register.", show_default="events.csv or events.xlsx here"),
]
Kind = Annotated[str, typer.Option(metavar="WORD", help="Kind of every event of the file, such as match or term.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be added; write nothing.")]
Month = Annotated[
    str | None,
    typer.Option(callback=_month, metavar="YYYY-MM", help="Only events that take place in this month."),
]
ReplaceFile = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
Today = Annotated[str | None, typer.Option("--today", callback=_today, metavar="YYYY-MM-DD", hidden=True)]


def import_command(
    *,
    file: Source,
    kind: Kind = "",
    events: Register = None,
    dry_run: DryRun = False,
    settings: opt.SettingsFile = None,
    today: Today = None,
) -> None:
    """Add events of a calendar (ICS) or a list (CSV: fixtures, terms, bank holidays); what is there stays."""
    with progress() as say:
        say("Reading")
        from hotspots.pipeline.events_exchange import ImportRequest, import_events  # noqa: PLC0415 - slow libraries
        from hotspots.pipeline.keeping import register_at  # noqa: PLC0415
        from hotspots.settings import load_settings  # noqa: PLC0415

        register = register_at(events, "events", Path())
        day = date.fromisoformat(today) if today else date.today()
        request = ImportRequest(file, register, day, kind.strip(), dry_run)
        result = import_events(request, load_settings(opt.settings_path(settings)))
    _print_import(result)


def export_command(
    *,
    file: Target,
    month: Month = None,
    events: Register = None,
    settings: opt.SettingsFile = None,
    force: ReplaceFile = False,
) -> None:
    """Write the register as a calendar (.ics), a workbook (.xlsx) or a map layer (.geojson)."""
    with progress() as say:
        say("Reading")
        from hotspots.pipeline.events_exchange import ExportRequest, export_events  # noqa: PLC0415 - slow libraries
        from hotspots.pipeline.keeping import register_at  # noqa: PLC0415
        from hotspots.settings import load_settings  # noqa: PLC0415

        register = register_at(events, "events", Path())
        request = ExportRequest(file, register, month or "", force)
        result = export_events(request, load_settings(opt.settings_path(settings)))
    _print_export(result, month or "")


def _print_import(result: ImportResult) -> None:
    """Print what is new, what was there, what cannot be used, and the next command."""
    from hotspots.events.recurrence import said  # noqa: PLC0415 - loads pandas

    console = console_of()
    if len(result.added):
        table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
        for title in ("Starts", "event", "kind", "recurs", "id"):
            table.add_column(title, overflow="fold")
        first = result.added.sort_values(["starts_at", "title"]).head(_SHOWN)
        for event in first.itertuples():
            recurs = said(event.rrule) if isinstance(event.rrule, str) else ""
            # An event without an end has none that could be the last minute of a day.
            whole = event.ends_at == event.ends_at and is_whole_days(event.starts_at, event.ends_at)
            starts = f"{event.starts_at:%a %d %b %Y}" + ("" if whole else f" {event.starts_at:%H:%M}")
            cells = (starts, event.title, event.kind, recurs, str(event.Index))
            table.add_row(*(Text(printable(cell)) for cell in cells))
        console.print(table)
        if len(result.added) > _SHOWN:
            console.print(Text(f"… and {len(result.added) - _SHOWN:,} more", "dim"))
        console.print()
    differing = [event for event in result.repeated if event.differs]
    lines = [
        f"{printable(event.title)} ({event.event_id}): the file says otherwise: {event.differs}; the register is kept."
        for event in differing
    ]
    _lines(console, [*lines, *result.skipped, *result.notes])
    did = "added" if result.written else "would be added" if len(result.added) else "added"
    counts = f"{len(result.added):,} {did}, {len(result.repeated):,} there already, {len(result.skipped):,} not usable"
    console.print(Text(f"{counts}.  {printable(str(result.register))}"), soft_wrap=True)
    if result.written:
        command = f"hotspots events list --events {quoted(result.register)}"
        console.print()
        console.print(Text.assemble("Type next:     ", (printable(command), _ACCENT)), soft_wrap=True)


def _print_export(result: ExportResult, month: str) -> None:
    console = console_of()
    _lines(console, result.left_out)
    number = f"{result.events:,} event{'' if result.events == 1 else 's'}"
    when = f", {result.occurrences:,} dates in {month}" if month else ""
    size = f"{result.size / 1e3:,.0f} kB"
    console.print(Text(f"{number}{when}, {size}  {printable(str(result.path))}"), soft_wrap=True)


def _lines(console: Console, lines: list[str] | tuple[str, ...]) -> None:
    for line in lines:
        console.print(Text(printable(line)), soft_wrap=not console.is_terminal)
    if lines:
        console.print()
