"""The rota of the bus for other programs: a calendar (ICS, RFC 5545) that a crew can take over.

It says when and where and what is known of kerb and access, and nothing of incidents, need or hotspots.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.errors import TableError
from hotspots.intake.calendar import OWN_UID
from hotspots.pack.events import london_zone, moment
from hotspots.tables import ROTA, SITES, check

if TYPE_CHECKING:
    import geopandas as gpd
    from icalendar import Event

_DIGITS: Final = 7
"""Of degrees: a centimetre."""


def rota_ics(visits: pd.DataFrame, stops: gpd.GeoDataFrame, *, title: str, stamp: dt.datetime) -> bytes:
    """Return a rota as a calendar, one event a visit.

    Parameters
    ----------
    visits
        ROTA.
    stops
        SITES with a CRS; each stop of the rota is in it.
    title
        What a program calls the calendar.
    stamp
        When the rota was made, with a time zone.

    Returns
    -------
    bytes
        ICS in UTF-8, events by time. The same rota gives the same bytes, and a visit to a stop at a time keeps its UID,
        so that a second import elsewhere changes it instead of doubling it.

    Raises
    ------
    TableError
        The tables break their contracts, or a stop of the rota is not among the stops.
    ValueError
        The stamp has no time zone.
    """
    from icalendar import Calendar  # noqa: PLC0415 - only where a calendar is written

    check(ROTA, visits)
    check(SITES, stops)
    missing = sorted(set(visits["site_id"]) - set(stops.index))
    if missing:
        raise TableError(f"The rota visits {missing[0]}, which is not among the stops.")
    if stamp.tzinfo is None:
        raise ValueError(f"The stamp {stamp} has no time zone.")
    calendar = Calendar()
    calendar.add("prodid", "-//hotspots//outreach bus//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", title)
    calendar.add_component(london_zone())
    degrees = stops.geometry.to_crs(4326)
    places = {key: (round(at.y, _DIGITS), round(at.x, _DIGITS)) for key, at in degrees.items()}
    for visit in visits.sort_values(["starts_at", "order"]).itertuples():
        event = _event(visit, stops["notes"].get(visit.site_id), stamp)
        event.add("geo", places[visit.site_id])
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(visit: Any, notes: Any, stamp: dt.datetime) -> Event:  # noqa: ANN401 - a row and a cell
    from icalendar import Event  # noqa: PLC0415

    starts, ends = visit.starts_at.to_pydatetime(), visit.ends_at.to_pydatetime()
    event = Event()
    event.add("uid", f"bus-{starts.astimezone(dt.UTC):%Y%m%dT%H%MZ}-{visit.site_id}{OWN_UID}")
    event.add("dtstamp", stamp.astimezone(dt.UTC).replace(microsecond=0))
    event.add("summary", f"Outreach bus: {visit.name}")
    event.add("categories", ["outreach bus"])
    event.add("status", "CONFIRMED")
    event.add("dtstart", moment(starts))
    event.add("dtend", moment(ends))
    event.add("location", visit.name)
    said = [str(text) for text in (notes, visit.on) if not pd.isna(text) and str(text).strip()]
    if said:
        event.add("description", "\n".join(said))
    return event
