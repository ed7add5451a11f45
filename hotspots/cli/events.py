"""``hotspots events``: the events tracker, listed, added to, changed and reviewed; it stays a spreadsheet."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from hotspots.cli import options as opt
from hotspots.cli.events_exchange import export_command, import_command
from hotspots.cli.events_print import ACCENT, document, print_due, print_list
from hotspots.cli.report import console_of, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.pipeline.events import Changed
    from hotspots.settings import Settings

_RISKS = ("low", "medium", "high")

events = typer.Typer(
    help="Keep the events tracker: list it, add, edit and review events, begin a new one.", no_args_is_help=True
)


def _date(text: str | None) -> str | None:
    if text is not None and (re.fullmatch(r"\d{4}-\d\d-\d\d", text) is None or _day(text) is None):
        raise typer.BadParameter("write it YYYY-MM-DD, such as 2024-05-13.")
    return text


def _month(text: str | None) -> str | None:
    if text is not None and re.fullmatch(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])", text) is None:
        raise typer.BadParameter("write it YYYY-MM, such as 2024-05.")
    return text


def _risks(given: list[str] | None) -> list[str]:
    risks = [risk.strip().casefold() for risk in given or []]
    if not set(risks) <= set(_RISKS):
        raise typer.BadParameter(f"write one of {', '.join(_RISKS)}.")
    return risks


def _pairs(given: list[str] | None) -> list[str]:
    if not all(re.match(r"[^=]*[^=\s][^=]*=", pair) for pair in given or []):
        raise typer.BadParameter("write column=value, such as owner=Licensing.")
    return given or []


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


Register = Annotated[
    Path | None,
    typer.Option("--events", metavar="PATH", help="The register.", show_default="events.csv or events.xlsx here"),
]
From = Annotated[
    str | None, typer.Option("--from", callback=_date, metavar="DATE", help="First day of the period, YYYY-MM-DD.")
]
To = Annotated[str | None, typer.Option("--to", callback=_date, metavar="DATE", help="Its last day.")]
Month = Annotated[
    str | None, typer.Option(callback=_month, metavar="YYYY-MM", help="A month, instead of --from and --to.")
]
Risks = Annotated[
    list[str] | None,
    typer.Option("--risk", callback=_risks, metavar="RISK", help="low, medium or high only. Repeatable."),
]
Risk = Annotated[str | None, typer.Option(metavar="RISK", help="low, medium or high; without it from the next two.")]
Owner = Annotated[str | None, typer.Option(metavar="NAME", help="Who looks after the event.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        callback=_pairs,
        metavar="COLUMN=VALUE",
        help="Any column of the register; nothing behind the = clears the cell. Repeatable.",
    ),
]
Today = Annotated[str | None, typer.Option(hidden=True, callback=_date)]
EventId = Annotated[str, typer.Argument(metavar="ID", help="The event's id, as the list shows it.")]


@events.callback()
def group() -> None:
    """Keep the events tracker: a spreadsheet that stays one, checked and listed."""


@events.command("list")
def list_command(
    register: Register = None,
    first: From = None,
    last: To = None,
    month: Month = None,
    risk: Risks = None,
    owner: Owner = None,
    due: Annotated[bool, typer.Option("--due", help="Only what is due for review.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Every column as JSON instead of a table.")] = False,
    settings: opt.SettingsFile = None,
    today: Today = None,
) -> None:
    """List the events, by time; a recurring one once, with its days in words."""
    from hotspots.pipeline.events import Wanted, list_events  # noqa: PLC0415 - slow libraries load only for a job

    begin, end = _period(first, last, month)
    wanted = Wanted(begin, end, tuple(risk or ()), owner or "", due)
    listing = list_events(_register(register), _settings(settings), wanted, _today(today))
    if as_json:
        print(json.dumps(document(listing), indent=2, ensure_ascii=False))
        return
    print_list(listing, begin, end)


@events.command("add")
def add_command(
    title: Annotated[str, typer.Option(metavar="TEXT", help="What it is called.")],
    start: Annotated[str, typer.Option(metavar="TIME", help="Local time: 2024-05-04 19:30 or 04/05/2024 19:30.")],
    end: Annotated[str | None, typer.Option(metavar="TIME", help="When it ends; a date alone is its last day.")] = None,
    kind: Annotated[str | None, typer.Option(metavar="TEXT", help="Such as football, market, procession.")] = None,
    status: Annotated[
        str | None, typer.Option(metavar="WORD", help="proposed, planned, live, done or cancelled; planned.")
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE", help="LONGITUDE,LATITUDE or EASTING,NORTHING, a venue of venues.csv, or FILE.geojson#NAME."
        ),
    ] = None,
    risk: Risk = None,
    likelihood: Annotated[str | None, typer.Option(metavar="1-5", help="How likely harm is.")] = None,
    impact: Annotated[str | None, typer.Option(metavar="1-5", help="How bad it would be.")] = None,
    repeat: Annotated[
        str | None, typer.Option(metavar="RULE", help="Recurrence as RFC 5545 writes it: FREQ=WEEKLY;BYDAY=TU,FR.")
    ] = None,
    owner: Owner = None,
    more: Set = None,
    register: Register = None,
    settings: opt.SettingsFile = None,
    today: Today = None,
) -> None:
    """Add an event at the end of the register."""
    from hotspots.pipeline.events import add_event, placed  # noqa: PLC0415

    given = {
        "title": title,
        "starts_at": start,
        "ends_at": end,
        "kind": kind,
        "status": status,
        "risk": risk,
        "likelihood": likelihood,
        "impact": impact,
        "rrule": repeat,
        "owner": owner,
    }
    values = {name: text for name, text in given.items() if text is not None} | _set(more)
    values |= placed(place) if place is not None else {}
    _say("Added", add_event(_register(register), _settings(settings), values, _today(today)))


@events.command("edit")
def edit_command(
    event_id: EventId,
    more: Set,
    register: Register = None,
    settings: opt.SettingsFile = None,
    today: Today = None,
) -> None:
    """Change some cells of an event."""
    from hotspots.pipeline.events import edit_event  # noqa: PLC0415

    _say("Changed", edit_event(_register(register), _settings(settings), event_id, _set(more), _today(today)))


@events.command("review")
def review_command(
    event_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="The event that was reviewed; without it, what is overdue.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who looked at it.")] = None,
    register: Register = None,
    settings: opt.SettingsFile = None,
    today: Today = None,
) -> None:
    """Record that an event was reviewed today; without an id, list what is due, high risk first."""
    from hotspots.pipeline.events import overdue, review_event  # noqa: PLC0415

    path, chosen, day = _register(register), _settings(settings), _today(today)
    if event_id is not None:
        _say("Reviewed", review_event(path, chosen, event_id, by or "", day))
        return
    if by is not None:
        raise typer.BadParameter("say which event was reviewed: hotspots events review ID --by NAME.")
    print_due(overdue(path, chosen, day))


@events.command("template")
def template_command(
    out: Annotated[Path, typer.Option(metavar="PATH", help="File to write, .xlsx or .csv.")] = Path("events.xlsx"),
) -> None:
    """Write an empty register; as .xlsx with a second sheet that explains the columns."""
    from hotspots.pipeline.event_columns import EXPLAINED  # noqa: PLC0415
    from hotspots.pipeline.events import write_template  # noqa: PLC0415

    path = write_template(out, EXPLAINED)
    console = console_of()
    console.print(Text(f"Wrote {printable(str(path))}"), soft_wrap=True)
    console.print(Text.assemble("Fill it, then: ", ("hotspots events list", ACCENT)), soft_wrap=True)


events.command("import")(import_command)
events.command("export")(export_command)


def _register(given: Path | None) -> Path:
    from hotspots.pipeline.keeping import register_at  # noqa: PLC0415

    return register_at(given, "events", Path())


def _settings(given: Path | None) -> Settings:
    from hotspots.settings import load_settings  # noqa: PLC0415

    return load_settings(opt.settings_path(given))


def _today(given: str | None) -> date:
    return date.today() if given is None else date.fromisoformat(given)


def _set(pairs: Sequence[str] | None) -> dict[str, str]:
    """Return column → value; of a column that is given twice the last one."""
    return {name.strip(): value for name, _, value in (pair.partition("=") for pair in pairs or ())}


def _period(first: str | None, last: str | None, month: str | None) -> tuple[date | None, date | None]:
    if month is not None:
        if first is not None or last is not None:
            raise typer.BadParameter("give either --month, or --from and --to.")
        begin = date.fromisoformat(f"{month}-01")
        return begin, (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if (first is None) != (last is None):
        raise typer.BadParameter("give both --from and --to, or --month.")
    return (None, None) if first is None or last is None else (date.fromisoformat(first), date.fromisoformat(last))


def _say(what: str, done: Changed) -> None:
    line = f"{what} {done.event_id}  {done.title}  (row {done.row} of {done.path.name})"
    console_of().print(Text(printable(line)), soft_wrap=True)
