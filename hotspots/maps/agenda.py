"""Events as a page says and draws them: their dates in words, and the ground they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from hotspots.events.recurrence import said as rule_words
from hotspots.maps import words
from hotspots.maps.encode import encode_points, encode_shape

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.maps.content import PageContent, Period

CANCELLED: Final = "cancelled"


def in_time(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events in reading order: by start, then by key."""
    return events.sort_values("starts_at", kind="stable")


def dates_of(content: PageContent) -> dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]]:
    """Return the first and the last moment of every date of each event, oldest first."""
    events = content.events[["starts_at", "ends_at"]].reset_index()
    own = events.set_index("event_id")
    told = pd.DataFrame() if content.dates is None else content.dates[["event_id", "starts_at", "ends_at"]]
    found: dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]] = {str(key): [] for key in own.index}
    for row in told.sort_values("starts_at").itertuples(index=False) if len(told) else ():
        if str(row.event_id) in found:
            found[str(row.event_id)].append(_both(row))
    return {key: dates or [_both(own.loc[key])] for key, dates in found.items()}


def _both(row: Any) -> tuple[pd.Timestamp, pd.Timestamp]:  # noqa: ANN401 - one row of events
    return row.starts_at, row.starts_at if pd.isna(row.ends_at) else row.ends_at


def days_of(content: PageContent) -> dict[str, list[tuple[str, str]]]:
    """Return the first and the last day (YYYY-MM-DD) of every date of each event; midnight ends the day before it."""
    return {key: [_days(*date) for date in dates] for key, dates in dates_of(content).items()}


def _days(first: pd.Timestamp, last: pd.Timestamp) -> tuple[str, str]:
    inside = last - pd.Timedelta("1us") if last > first else last
    return f"{first:%Y-%m-%d}", f"{inside:%Y-%m-%d}"


def opening(content: PageContent) -> Period | None:
    """Return the span of days that the page opens with; none: it shows all."""
    return next((period for period in content.periods if period.opening), None)


def live(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events without the cancelled ones: these stand in tables, and in nothing that is counted or drawn."""
    return events[events["status"] != CANCELLED]


def of_span(content: PageContent, span: Period | None) -> gpd.GeoDataFrame:
    """Return the live events of a span of days.

    Parameters
    ----------
    content
        The page's content.
    span
        First and last day; none: all days.

    Returns
    -------
    GeoDataFrame
        EVENTS with a date that touches the span.
    """
    held = live(content.events)
    if span is None:
        return held
    days = days_of(content)
    # An empty list would choose columns.
    touched = [any(_touches(one, span) for one in days[str(key)]) for key in held.index]
    return held[np.array(touched, dtype=bool)]


def of_days(content: PageContent) -> str:
    """Return whose the events of the opening are, for example `` of January 2022``; empty where all are shown."""
    span = opening(content)
    return "" if span is None else f" of {words.days(span)}"


def _touches(days: tuple[str, str], span: Period) -> bool:
    return days[0] <= span.last and days[1] >= span.first


def whens(content: PageContent, span: Period | None = None) -> dict[str, str]:
    """Return when each event is, in words; a recurring one once, with its rule, how often, and the first date.

    Parameters
    ----------
    content
        The page's content.
    span
        Only the dates of this span are told; none, or an event without a date in it: all.

    Returns
    -------
    dict of str
        By ``event_id``.
    """
    dates = dates_of(content)
    made = {}
    for row in content.events.itertuples():
        key = str(row.Index)
        inside = [date for date in dates[key] if span is not None and _touches(_days(*date), span)]
        dates[key] = inside or dates[key]
        first, last = dates[key][0]
        ends = pd.NaT if pd.isna(row.ends_at) else last
        once = words.when(first, ends)
        rule = words.said(row.rrule)
        n = len(dates[key])
        made[key] = (
            once if rule is None else f"{rule_words(rule)}; {n} date{'' if n == 1 else 's'} here, the first {once}"
        )
    return made


def told(row: Any) -> dict[str, str | None]:  # noqa: ANN401 - one row of EVENTS
    """Return what the page's script says of a date: the clock, the rule, and of the crowd how many and where it goes.

    Parameters
    ----------
    row
        One row of EVENTS, as ``itertuples`` gives it.

    Returns
    -------
    dict
        ``clock`` (empty: whole days), ``from`` (the clock of the start, for the order), ``rule`` (none: it happens
        once), ``people``, ``leave`` and ``profile``; of the register's other columns nothing.
    """
    rule = words.said(row.rrule)
    return {
        "from": f"{row.starts_at:%H:%M}",
        "clock": words.clock(row.starts_at, row.ends_at),
        "rule": None if rule is None else rule_words(rule),
        "people": None if pd.isna(row.expected_attendance) else words.count(row.expected_attendance),
        "leave": _leave(row),
        "profile": words.said(row.profile),
    }


def _leave(row: Any) -> str | None:  # noqa: ANN401 - one row of EVENTS
    """Return when and where people leave; of a recurring event the clock alone, since it is the one of every date."""
    at, clock = row.dispersal_at, None
    if not pd.isna(at):
        same = words.said(row.rrule) is not None or at.date() == row.starts_at.date()
        clock = f"{at:%H:%M}" if same else words.when(at, pd.NaT)
    return "; ".join(filter(None, [clock, words.said(row.dispersal_place)])) or None


def point_of(geometry: Any, origin: tuple[int, int]) -> list[int] | None:  # noqa: ANN401 - any shape, or none
    """Return where an event's mark stands: its point, or a point on its line or ground; none without a place."""
    if geometry is None or geometry.is_empty:
        return None
    at = geometry if geometry.geom_type == "Point" else shapely.point_on_surface(geometry)
    return encode_points(shapely.get_coordinates(at), origin)


def ground_of(geometry: Any, origin: tuple[int, int]) -> dict[str, Any] | None:  # noqa: ANN401 - any shape, or none
    """Return the ground or the route of an event; none where it is a point or has no place."""
    if geometry is None or geometry.is_empty:
        return None
    parts = shapely.get_parts(geometry)
    surfaces = [part for part in parts if part.geom_type == "Polygon"]
    lines = [part for part in parts if part.geom_type == "LineString"]
    if not surfaces and not lines:
        return None
    return {
        "ground": encode_shape(shapely.MultiPolygon(surfaces), origin),
        "route": [encode_points(shapely.get_coordinates(line), origin) for line in lines],
    }
