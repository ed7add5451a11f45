"""The events tracker for other programs: a calendar (ICS, RFC 5545) and a layer (GeoJSON, RFC 7946).

The calendar is made to be shared: it says what, when and where, and nothing of risk, mitigation, owner or notes.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely

from hotspots.events.recurrence import check_rule, said
from hotspots.events.rules import read_rule
from hotspots.intake.calendar import OWN_UID
from hotspots.tables import EVENTS, check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from icalendar import Event, Timezone

LONDON: Final = ZoneInfo("Europe/London")

_STATUS = {"proposed": "TENTATIVE", "cancelled": "CANCELLED"}
_NO_DATE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""When an event was last looked at, where nobody wrote it down: two exports of one register are the same bytes."""
_LAST_MINUTE = dt.time(23, 59)
_DIGITS = 7
"""Of degrees: a centimetre."""
_UNTIL = re.compile(r"UNTIL=[^;]*")


def calendar_bytes(events: gpd.GeoDataFrame) -> bytes:
    """Return events as a calendar.

    Parameters
    ----------
    events
        EVENTS. An event from midnight to 23:59, or from midnight without an end, is one of whole days.

    Returns
    -------
    bytes
        ICS in UTF-8. The same events give the same bytes, and an event keeps its UID, so that a second import of the
        calendar elsewhere changes it instead of doubling it. A series stays a series.

    Raises
    ------
    InputError
        The recurrence of an event cannot be used.
    TableError
        The events break their contract.
    """
    from icalendar import Calendar  # noqa: PLC0415 - only where a calendar is written

    check(EVENTS, events)
    calendar = Calendar()
    calendar.add("prodid", "-//hotspots//events tracker//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add_component(london_zone())
    degrees = _points(events)
    for row, point in zip(events.itertuples(), degrees, strict=True):
        calendar.add_component(_event(row, point))
    return bytes(calendar.to_ical())


def london_zone() -> Timezone:
    """Return the rule of British summer time since 1996, as a calendar writes it."""
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur  # noqa: PLC0415

    zone = Timezone()
    zone.add("tzid", "Europe/London")
    hour, nothing = dt.timedelta(hours=1), dt.timedelta(0)
    for part, name, start, before, after, month in (
        (TimezoneDaylight(), "BST", dt.datetime(1996, 3, 31, 1), nothing, hour, 3),
        (TimezoneStandard(), "GMT", dt.datetime(1996, 10, 27, 2), hour, nothing, 10),
    ):
        part.add("tzname", name)
        part.add("dtstart", start)
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("rrule", vRecur.from_ical(f"FREQ=YEARLY;BYMONTH={month};BYDAY=-1SU"))
        zone.add_component(part)
    return zone


def _event(row: Any, point: tuple[float, float] | None) -> Event:  # noqa: ANN401
    from icalendar import Event  # noqa: PLC0415

    event = Event()
    event.add("uid", f"{row.Index}{OWN_UID}")
    event.add(
        "dtstamp", _NO_DATE if pd.isna(row.reviewed_on) else row.reviewed_on.to_pydatetime().replace(tzinfo=dt.UTC)
    )
    event.add("summary", row.title)
    event.add("categories", [row.kind])
    event.add("status", _STATUS.get(row.status, "CONFIRMED"))
    start = row.starts_at.to_pydatetime()
    end = None if pd.isna(row.ends_at) else row.ends_at.to_pydatetime()
    whole_days = start.time() == dt.time.min and (end is None or end.time() == _LAST_MINUTE)
    event.add("dtstart", start.date() if whole_days else moment(start))
    if end is not None:
        event.add("dtend", end.date() + dt.timedelta(days=1) if whole_days else moment(end))
    if isinstance(row.rrule, str) and row.rrule.strip():
        _recur(event, row, start, whole_days=whole_days)
    if isinstance(row.venue, str):
        event.add("location", row.venue)
    if point is not None:
        event.add("geo", point)
    return event


def moment(time: dt.datetime) -> dt.datetime:
    """Return a time in London; in UTC where the clock occurs a second time, which the zone alone does not tell."""
    return time.astimezone(dt.UTC if time.astimezone(LONDON).fold else LONDON)


def _recur(event: Event, row: Any, start: dt.datetime, *, whole_days: bool) -> None:  # noqa: ANN401
    """Add rule and exceptions; the last date as RFC 5545 wants it beside that kind of start."""
    from icalendar import vRecur  # noqa: PLC0415

    without = row.except_on if isinstance(row.except_on, str) else ""
    check_rule(row.rrule, without)
    text = row.rrule.strip().upper().removeprefix("RRULE:").removesuffix(";")
    until = read_rule(text).until
    if until is not None:
        last = pd.Timestamp(until.at).tz_localize("UTC" if until.utc else LONDON)
        utc = last.tz_convert("UTC")
        words = f"{last.tz_convert(LONDON):%Y%m%d}" if whole_days else f"{utc:%Y%m%dT%H%M%SZ}"
        text = _UNTIL.sub(f"UNTIL={words}", text)
    event.add("rrule", vRecur.from_ical(text))
    for date in sorted(set(without.split())):
        day = dt.date.fromisoformat(date)
        event.add("exdate", day if whole_days else dt.datetime.combine(day, start.time(), LONDON))


def _points(events: gpd.GeoDataFrame) -> list[tuple[float, float] | None]:
    """Return latitude and longitude of a point on the ground of each event; none where it has no place."""
    shapes = events.geometry.to_crs(4326)
    return [
        None if shape is None else (round(shape.y, _DIGITS), round(shape.x, _DIGITS))
        for shape in shapes.representative_point()
    ]


def geojson_bytes(events: gpd.GeoDataFrame, dates: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """Return events as a GeoJSON layer in degrees, one feature an event, without a geometry where there is no place.

    Parameters
    ----------
    events
        EVENTS.
    dates
        ``event_id`` → ISO starts in the period asked for; none: no such property.

    Returns
    -------
    bytes
        UTF-8. Properties are the columns of EVENTS, ``recurs`` in words, and ``occurrences``.

    Raises
    ------
    InputError
        The recurrence of an event cannot be used.
    TableError
        The events break their contract.
    """
    check(EVENTS, events)
    shapes = shapely.orient_polygons(np.asarray(events.geometry.to_crs(4326).to_numpy(), dtype=object))
    features = []
    for (event_id, row), shape in zip(events.drop(columns="geometry").iterrows(), shapes, strict=True):
        properties = {"event_id": event_id} | {name: _plain(value) for name, value in row.items()}
        properties["recurs"] = said(row["rrule"]) if isinstance(row["rrule"], str) else None
        if dates is not None:
            properties["occurrences"] = list(dates.get(str(event_id), ()))
        rounded = None if shape is None else shapely.transform(shape, lambda at: np.round(at, _DIGITS))
        geometry = None if rounded is None else shapely.geometry.mapping(rounded)
        features.append({"type": "Feature", "id": event_id, "geometry": geometry, "properties": properties})
    document = {"type": "FeatureCollection", "features": features}
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "replace")


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return a cell as JSON has it: times with their offset, dates alone, nothing as null."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat() if value.tzinfo is not None else f"{value:%Y-%m-%d}"
    return value.item() if isinstance(value, np.generic) else value
