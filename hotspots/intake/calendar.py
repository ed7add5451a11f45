"""Calendars (ICS, RFC 5545) as rows of the events tracker: dates, recurrence and place, and no word of who or why.

Descriptions, organisers and attendees are left out: they hold names, telephone numbers and links to meetings.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from hotspots.errors import InputError
from hotspots.intake.files import decode, sha256, shown_name, unpack
from hotspots.intake.sheets import Cell, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from icalendar import Component

OWN_UID: Final = "@hotspots"
"""Ends the UID of an event of ours; before it stands ``event_id``."""
COLUMNS: Final = (
    *("event_id", "title", "kind", "status", "starts_at", "ends_at", "rrule", "except_on"),
    *("venue", "longitude", "latitude"),
)
"""What a calendar tells of an event."""
MAX_BYTES: Final = 20_000_000
MAX_EVENTS: Final = 20_000

_LONDON = ZoneInfo("Europe/London")
_STATUS = {"TENTATIVE": "proposed", "CANCELLED": "cancelled"}
_LONGEST = 200
_LINK = re.compile(r"\w+://|\bwww\.", re.IGNORECASE)
_TIMES = ("DTSTART", "DTEND", "DURATION", "RDATE", "EXDATE", "RECURRENCE-ID")
_SEASONS = ((1, 15), (4, 15), (7, 15), (10, 15))
"""Days on which a clock must be as far from London's for it to be so all year."""
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)


class Skipped(NamedTuple):
    """An event of a file that is not used."""

    number: int
    """Its place in the file, from 1 on."""
    title: str
    reason: str
    """What is wrong, without a full stop."""


@dataclass(frozen=True)
class Diary:
    """What another file says of events, in columns of the register."""

    sheet: Sheet
    """One row an event; columns as ``hotspots.intake.event_cells.COLUMNS`` names them."""
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences on the whole file."""


class _UnusableError(Exception):
    """Why an event cannot be used."""


def read_calendar(path: Path) -> Diary:
    """Read the events of a calendar.

    Times in UTC or another zone become local ones; a time without a zone is local. A whole day is a date without a
    clock, and its end the last day, not the day after. Additional dates and changed dates of a series become events of
    their own; reminders are passed over.

    Parameters
    ----------
    path
        An .ics file, with one calendar or several.

    Returns
    -------
    Diary
        The rows, the events that cannot be used, and notes.

    Raises
    ------
    InputError
        The file is missing, too large, or no calendar.
    """
    data, name = unpack(path), shown_name(path)
    if len(data) > MAX_BYTES:
        raise InputError(f"{name} has more than {MAX_BYTES // 1_000_000} MB; export a shorter period of the calendar.")
    components = _components(decode(data), name)
    rows: list[dict[str, Cell]] = []
    numbers: list[int] = []
    skipped: list[Skipped] = []
    notes: list[str] = []
    moved = _moved(components)
    for number, component in enumerate(components, 1):
        try:
            found = _rows(component, moved.get(_id(component), ()), notes)
        except _UnusableError as error:
            skipped.append(Skipped(number, _title(component), str(error)))
        except _BROKEN:
            skipped.append(Skipped(number, _title(component), "it cannot be read"))
        else:
            rows += found
            numbers += [number] * len(found)
    sheet = Sheet(path, COLUMNS, tuple(rows), tuple(numbers), sha256(data))
    return Diary(sheet, tuple(skipped), tuple(dict.fromkeys(notes)))


def _components(text: str, name: str) -> list[Component]:
    from icalendar import Calendar  # noqa: PLC0415 - only where a calendar is read

    try:
        calendars: Sequence[Component] = Calendar.from_ical(text, multiple=True)
        found = [part for calendar in calendars if calendar.name == "VCALENDAR" for part in calendar.walk("VEVENT")]
        known = any(calendar.name == "VCALENDAR" for calendar in calendars)
    except _BROKEN as error:
        said = "".join(letter for letter in str(error) if letter.isprintable())[:120]
        raise InputError(f"{name} is not readable as a calendar ({said}); export it again as .ics.") from error
    if not known:
        raise InputError(f"{name} is no calendar: it lacks BEGIN:VCALENDAR; export it again as .ics.")
    if len(found) > MAX_EVENTS:
        raise InputError(
            f"{name} holds {len(found):,} events, more than {MAX_EVENTS:,}; export a shorter period of the calendar."
        )
    return found


def _rows(component: Component, moved: Sequence[str], notes: list[str]) -> list[dict[str, Cell]]:
    """Return an event as rows: itself, and one for every additional date."""
    broken = {str(name) for name, _ in component.errors}
    wrong = next((name for name in _TIMES if name in broken), None)
    if wrong is not None:
        raise _UnusableError(f"{wrong} is no date or time")
    if broken & {"RRULE", "EXRULE"}:
        raise _UnusableError("its recurrence is no rule of RFC 5545")
    start = _moment(component, "DTSTART")
    if start is None:
        raise _UnusableError("it has no DTSTART")
    end, rule = _end(component, start), _rule(component)
    changed = _moment(component, "RECURRENCE-ID")
    if rule and changed is None:
        _check_zone(component, start, rule, notes)
    base = _id(component)
    row: dict[str, Cell] = {
        "event_id": base if changed is None else f"{base}-{_local(changed):%Y%m%d}",
        "title": _title(component) or None,
        "kind": _kind(component),
        "status": _STATUS.get(_words(component, "STATUS").upper()),
        "starts_at": _cell(start),
        "ends_at": _cell(end),
        "rrule": rule if changed is None and rule else None,
        "except_on": " ".join(sorted({*_exceptions(component), *(moved if changed is None else ())})) or None,
        **_place(component),
    }
    if changed is not None:
        row["except_on"] = None
        return [row]
    return [row, *_more(component, row, start, end)]


def _moment(component: Component, name: str) -> dt.date | dt.datetime | None:
    """Return a date or time; one of a zone that nobody knows is no time."""
    value = component.get(name)
    if isinstance(value, list):
        raise _UnusableError(f"it has {name} more than once")
    return None if value is None else _known(value.dt, value.params.get("TZID"))


def _known(value: Any, zone: str | None) -> dt.date | dt.datetime:  # noqa: ANN401
    if not isinstance(value, dt.date):
        raise _UnusableError("it has a time without a date")
    if isinstance(value, dt.datetime) and value.tzinfo is None and zone:
        shown = "".join(letter for letter in str(zone) if letter.isprintable())[:60]
        raise _UnusableError(f"its time zone {shown!r} is not known")
    return value


def _local(moment: dt.date | dt.datetime) -> dt.date | dt.datetime:
    """Return a time on the clock of London, with its zone where it had one."""
    if isinstance(moment, dt.datetime) and moment.tzinfo is not None:
        return moment.astimezone(_LONDON)
    return moment


def _cell(moment: dt.date | dt.datetime | None) -> Cell:
    """Return a time as the register holds it: local; with its offset where the clock occurs a second time."""
    if not isinstance(moment, dt.datetime) or moment.tzinfo is None:
        return moment
    local = moment.astimezone(_LONDON)
    return local.isoformat(timespec="minutes") if local.fold else local.replace(tzinfo=None)


def _end(component: Component, start: dt.date | dt.datetime) -> dt.date | dt.datetime | None:
    """Return when an event ends; of whole days the last one."""
    end = _moment(component, "DTEND")
    duration = component.get("DURATION")
    if end is None and duration is not None:
        if not isinstance(duration.dt, dt.timedelta):
            raise _UnusableError("DURATION is no duration")
        if duration.dt < dt.timedelta(0):
            raise _UnusableError("it ends before it starts")
        end = _after(start, duration.dt)
    if end is None:
        return None
    if isinstance(end, dt.datetime) != isinstance(start, dt.datetime):
        raise _UnusableError("its start has a clock and its end has none, or the other way round")
    if isinstance(end, dt.datetime):
        return end
    return max(end - dt.timedelta(days=1), start) if end >= start else end


def _after(start: dt.date | dt.datetime, duration: dt.timedelta) -> dt.date | dt.datetime:
    """Return a time later by whole days on the clock and by the rest as it runs (RFC 5545, section 3.3.6).

    Twenty-four hours are taken for a day: the library does not tell them apart.
    """
    later = start + dt.timedelta(days=duration.days)
    rest = duration - dt.timedelta(days=duration.days)
    if isinstance(later, dt.datetime) and later.tzinfo is not None:
        return (later.astimezone(dt.UTC) + rest).astimezone(_LONDON)
    return later + rest


def _rule(component: Component) -> str:
    value = component.get("RRULE")
    if isinstance(value, list) or component.get("EXRULE") is not None:
        raise _UnusableError("it has several recurrence rules")
    return "" if value is None else value.to_ical().decode("utf-8", errors="replace")


def _check_zone(component: Component, start: dt.date | dt.datetime, rule: str, notes: list[str]) -> None:
    """Refuse a series whose weekday is another in London, and say where its clock is not London's all year."""
    if not isinstance(start, dt.datetime) or start.tzinfo is None:
        return
    local = start.astimezone(_LONDON)
    days = [dt.datetime(start.year, month, day, 12) for month, day in _SEASONS]
    ahead = {
        (start.tzinfo.utcoffset(day) or dt.timedelta(0)) - (_LONDON.utcoffset(day) or dt.timedelta(0)) for day in days
    }
    if local.date() != start.date() and "BY" in rule:
        raise _UnusableError("it recurs by days of another time zone, which are other days in London")
    if len(ahead) > 1:
        notes.append(
            f"{_title(component) or 'An event'} recurs by the clock of another time zone; here it keeps the clock that "
            f"it has in London on {local:%d/%m/%Y}, {local:%H:%M}."
        )


def _exceptions(component: Component) -> set[str]:
    return {f"{_local(moment):%Y-%m-%d}" for moment in _dates(component, "EXDATE")}


def _dates(component: Component, name: str) -> list[dt.date | dt.datetime]:
    """Return the dates of a list; of a span of time its start."""
    lists = component.get(name)
    found: list[dt.date | dt.datetime] = []
    for part in [] if lists is None else lists if isinstance(lists, list) else [lists]:
        for one in part.dts:
            value = one.dt[0] if isinstance(one.dt, tuple) else one.dt
            found.append(_known(value, part.params.get("TZID") or one.params.get("TZID")))
    return found


def _more(
    component: Component, row: dict[str, Cell], start: dt.date | dt.datetime, end: dt.date | dt.datetime | None
) -> list[dict[str, Cell]]:
    """Return a row for every additional date, as long as the event itself."""
    span = None if end is None else end - start
    rows = []
    for date in dict.fromkeys(_dates(component, "RDATE")):
        if date == start:
            continue
        ends = None if span is None else _after(date, span)
        changes = {"event_id": f"{row['event_id']}-{_local(date):%Y%m%d}", "rrule": None, "except_on": None}
        rows.append(row | changes | {"starts_at": _cell(date), "ends_at": _cell(ends)})
    return rows


def _moved(components: Sequence[Component]) -> dict[str, tuple[str, ...]]:
    """Return for each series the dates that are changed by an event of their own."""
    found: dict[str, list[str]] = {}
    for component in components:
        try:
            moment = _moment(component, "RECURRENCE-ID")
        except (_UnusableError, *_BROKEN):
            continue
        if moment is not None:
            found.setdefault(_id(component), []).append(f"{_local(moment):%Y-%m-%d}")
    return {event: tuple(dates) for event, dates in found.items()}


def _id(component: Component) -> str:
    """Return the id of an event of ours, else one made of the UID; of an event without one, of title and start."""
    uid = str(component.get("UID", "")).strip()
    if uid.endswith(OWN_UID) and len(uid) > len(OWN_UID):
        return _plain(uid.removesuffix(OWN_UID))
    start = component.get("DTSTART")
    content = uid or f"{_title(component)}\n{'' if start is None else start.to_ical()!r}"
    return "C-" + hashlib.sha256(content.encode("utf-8", errors="replace")).hexdigest()[:10]


def _title(component: Component) -> str:
    return _words(component, "SUMMARY")


def _kind(component: Component) -> str | None:
    value = component.get("CATEGORIES")
    first = value[0] if isinstance(value, list) and value else value
    kinds = getattr(first, "cats", None) or []
    return _plain(str(kinds[0])) or None if kinds else None


def _place(component: Component) -> dict[str, Cell]:
    """Return the venue, unless it is a link to a meeting, and coordinates where there are some."""
    venue = _words(component, "LOCATION")
    geo = component.get("GEO") if "GEO" not in {str(name) for name, _ in component.errors} else None
    point = None if geo is None or isinstance(geo, list) else (float(geo.longitude), float(geo.latitude))
    if point == (0.0, 0.0):  # where programs put what has no place
        point = None
    return {
        "venue": None if _LINK.search(venue) else venue or None,
        "longitude": point[0] if point else None,
        "latitude": point[1] if point else None,
    }


def _words(component: Component, name: str) -> str:
    value = component.get(name, "")
    return _plain(str(value[0] if isinstance(value, list) and value else value))


def _plain(text: str) -> str:
    """Return a text on one line, without what cannot be printed, and no longer than a title need be."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    plain = " ".join(kept.split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
