"""Events as a page says and draws them: their dates in words, and the ground they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from hotspots.events.recurrence import said as rule_words
from hotspots.maps import words
from hotspots.maps.encode import encode_points, encode_shape

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.maps.content import PageContent


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


def whens(content: PageContent) -> dict[str, str]:
    """Return when each event is, in words; a recurring one once, with its rule, how often, and the first date."""
    dates = dates_of(content)
    made = {}
    for row in content.events.itertuples():
        key = str(row.Index)
        first, last = dates[key][0]
        ends = pd.NaT if pd.isna(row.ends_at) else last
        once = words.when(first, ends)
        rule = words.said(row.rrule)
        n = len(dates[key])
        made[key] = (
            once if rule is None else f"{rule_words(rule)}; {n} date{'' if n == 1 else 's'} here, the first {once}"
        )
    return made


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
