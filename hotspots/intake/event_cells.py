"""The columns of the events tracker: their titles, and what a cell of each means."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import pandas as pd

from hotspots.errors import InputError
from hotspots.tables.events import SCALE, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotspots.intake.sheets import Cell

COLUMNS = {
    "event_id": ("event_id", "id"),
    "title": ("title", "event", "name"),
    "kind": ("kind", "type"),
    "status": ("status",),
    "starts_at": ("starts_at", "start", "starts"),
    "ends_at": ("ends_at", "end", "ends"),
    "rrule": ("rrule", "recurrence", "repeats"),
    "except_on": ("except_on", "exceptions", "exdate"),
    "risk": ("risk",),
    "likelihood": ("likelihood",),
    "impact": ("impact",),
    "expected_attendance": ("expected_attendance", "attendance", "expected"),
    "profile": ("profile", "audience_profile", "audience"),
    "dispersal_at": ("dispersal_at", "dispersal_time"),
    "dispersal_place": ("dispersal_place", "dispersal_point"),
    "organiser": ("organiser", "organizer"),
    "licence_ref": ("licence_ref", "licence", "license", "sag_ref", "sag_reference"),
    "mitigation": ("mitigation",),
    "owner": ("owner",),
    "reviewed_on": ("reviewed_on", "last_reviewed", "reviewed"),
    "reviewed_by": ("reviewed_by",),
    "venue": ("venue",),
    "longitude": ("longitude", "lon", "lng", "long"),
    "latitude": ("latitude", "lat"),
    "easting": ("easting", "eastings"),
    "northing": ("northing", "northings"),
    "place": ("place", "footprint", "route"),
    "notes": ("notes",),
}
"""Our column → the titles that stand for it, the usual one first."""

TEXTS = (
    *("profile", "dispersal_place", "organiser", "licence_ref", "mitigation", "owner", "reviewed_by", "venue"),
    "notes",
)
"""Columns of plain text that may be empty."""

RISK_WORDS = {
    "low": "low",
    "l": "low",
    "medium": "medium",
    "med": "medium",
    "m": "medium",
    "high": "high",
    "h": "high",
}
STATUS_WORDS = {word: word for word in STATUSES} | {
    "confirmed": "planned",
    "provisional": "proposed",
    "complete": "done",
    "completed": "done",
    "canceled": "cancelled",
}
"""As people write it → our word."""

REASONS = {
    "no_title": "there is no title",
    "bad_time": "this is no date or time; write 2024-05-04 19:30 or 04/05/2024 19:30",
    "ends_before_it_starts": "this is before the start",
    "bad_risk": "this is no risk; write low, medium or high",
    "bad_status": f"this is no status; write one of {', '.join(STATUSES)}",
    "bad_location": "these are no coordinates",
    "outside_great_britain": "this lies outside Great Britain",
    "too_many_cells": "the row has more cells than there are titles; text with a comma needs quotes",
    "repeated_id": "another row has this id; this one got an id of its own",
    "bad_scale": f"this is no whole number from {SCALE[0]} to {SCALE[1]}; it is passed over",
    "bad_number": "this is no number of people; it is passed over",
    "bad_date": "this is no date; write 2024-05-04 or 04/05/2024; it is passed over",
    "bad_rule": "this is no rule as RFC 5545 writes it, such as FREQ=WEEKLY;BYDAY=TU,FR; the event is shown once",
    "bad_exception": "one of these is no date; write 2024-05-04 2024-05-11; it is passed over",
    "before_it_starts": "this is before the start; it is passed over",
    "risk_contradicts": "this is kept, though likelihood × impact says otherwise",
    "unknown_venue": "this venue is not in venues.csv; the event has no location",
    "bad_place": "this is no place in a GeoJSON file beside the register, such as routes.geojson#name",
}
"""What is wrong with a cell, in words."""

_ISO = re.compile(r"(?:19|20)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_BRITISH = re.compile(r"(\d\d?)/(\d\d?)/((?:19|20)\d\d)(?: +(\d\d?:\d\d(?::\d\d)?))?", re.ASCII)
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?", re.ASCII)
_PEOPLE = re.compile(r"\d{1,9}|\d{1,3}(?:,\d{3}){1,2}", re.ASCII)
_RULE = re.compile(r"[A-Z]+=[A-Z0-9,+-]+(?:;[A-Z]+=[A-Z0-9,+-]+)*", re.ASCII)
_STEPS = tuple(map(str, range(SCALE[0], SCALE[1] + 1)))
_WITHOUT_FRACTION = len("2024-05-04 19:30:00")
_LONDON = ZoneInfo("Europe/London")
_OFTEN = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")


class Fault(NamedTuple):
    """What is wrong with a cell, or with several that belong together."""

    reason: str
    """A key of ``REASONS``."""
    column: str | None
    value: str


def parse_time(text: str) -> pd.Timestamp | None:
    """Return a local time as Europe/London, or none where the text is no time.

    A time that occurs twice when the clocks go back is its first occurrence; one that the clocks jump
    over is the moment after the jump. A time with an offset is converted.
    """
    british = _BRITISH.fullmatch(text)
    if british is not None:
        day, month, year, clock = british.groups(default="00:00")
        text = f"{year}-{int(month):02d}-{int(day):02d} {'0' * (clock[1] == ':')}{clock}"
    elif _ISO.fullmatch(text) is None:
        return None
    try:
        if len(text) <= _WITHOUT_FRACTION:
            plain = dt.datetime.fromisoformat(text)
            early = plain.replace(tzinfo=_LONDON)
            # Both folds agree in all hours but those in which the clocks change (PEP 495), which need slow care.
            if plain.tzinfo is None and early.utcoffset() == early.replace(fold=1).utcoffset():
                return pd.Timestamp(early).as_unit("us")
        moment = pd.Timestamp(text).as_unit("us")
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment.tz_convert("Europe/London")
    return moment.tz_localize("Europe/London", ambiguous=True, nonexistent="shift_forward")


def parse_end(text: str) -> pd.Timestamp | None:
    """Return a time as ``parse_time`` does; without a clock it is the last minute of that day."""
    moment = parse_time(text)
    if moment is None or ":" in text:
        return moment
    return parse_time(f"{moment:%Y-%m-%d} 23:59")


def parse_day(text: str) -> pd.Timestamp | None:
    """Return a calendar date without a zone, or none where the text is no time; a clock is passed over."""
    moment = parse_time(text)
    return None if moment is None else pd.Timestamp(moment.year, moment.month, moment.day).as_unit("us")


def parse_clock(text: str, start: pd.Timestamp) -> pd.Timestamp | None:
    """Return a time, or a clock alone as the first such moment from a start on; none where the text is neither."""
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return parse_time(text) if ":" in text else None
    local = start.tz_localize(None)
    moment = local.normalize() + pd.Timedelta(hours=int(clock[1]), minutes=int(clock[2]))
    if moment < local:
        moment += pd.Timedelta(days=1)
    return parse_time(f"{moment:%Y-%m-%d %H:%M}")


def parse_scale(text: str) -> int | None:
    """Return a step of likelihood or impact, or none where the text is no such step."""
    return int(text) if text in _STEPS else None


def parse_people(text: str) -> int | None:
    """Return a number of people, with commas between thousands or without; none where the text is none."""
    return int(text.replace(",", "")) if _PEOPLE.fullmatch(text) else None


def parse_exceptions(text: str) -> str | None:
    """Return dates as sorted ISO dates parted by blanks; none where one of them is no date."""
    days = [parse_day(word) for word in re.split(r"[\s,;]+", text) if word]
    known = [day for day in days if day is not None]
    return " ".join(sorted({f"{day:%Y-%m-%d}" for day in known})) if known and len(known) == len(days) else None


def parse_rule(text: str, check: Callable[[str], object]) -> str | None:
    """Return a recurrence as RFC 5545 writes it, without ``RRULE:``; none where it is none, or oftener than daily.

    Parameters
    ----------
    text
        What the cell holds, in any case and with blanks.
    check
        Raises an InputError where a rule that looks like one cannot be used.
    """
    rule = "".join(text.upper().split()).removeprefix("RRULE:").rstrip(";")
    parts = dict(part.split("=") for part in rule.split(";")) if _RULE.fullmatch(rule) else {}
    if parts.get("FREQ") not in _OFTEN:
        return None
    try:
        check(rule)
    except InputError:
        return None
    return rule


def typed(column: str, text: str) -> Cell:
    """Return the text of a cell as a workbook should hold it: times, dates and numbers as such.

    Parameters
    ----------
    column
        Our name of the column.
    text
        What was typed.

    Returns
    -------
    Cell
        A time is local and without a zone; what is no value of its column stays text; an empty text is nothing.
    """
    text = text.strip()
    value: Cell = None
    if column in {"starts_at", "ends_at", "dispersal_at"}:
        value = _local(text)
    elif column == "reviewed_on":
        day = parse_day(text)
        value = None if day is None else day.date()
    elif column in {"likelihood", "impact"}:
        value = parse_scale(text)
    elif column == "expected_attendance":
        value = parse_people(text)
    elif column in {"longitude", "latitude", "easting", "northing"}:
        value = _finite(text)
    return (text or None) if value is None else value


def _local(text: str) -> Cell:
    moment = parse_time(text)
    if moment is None:
        return None
    if ":" not in text:
        return moment.date()
    local = moment.tz_localize(None)
    # In the hour that an autumn night has twice only the offset tells which one is meant.
    return local.to_pydatetime() if parse_time(local.isoformat()) == moment else None


def _finite(text: str) -> float | None:
    try:
        return float(text) if math.isfinite(float(text)) else None
    except ValueError:
        return None
