"""What lies around events: the stops of public transport within reach of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import TableError
from hotspots.geo.points import within_reach

if TYPE_CHECKING:
    import geopandas as gpd

MOST_NAMES = 5
"""So many names say where people come from; more are counted."""

# What registers of stops call a road along which a bus stops anywhere: it names no place.
_NO_PLACE = re.compile(r"hail\s*(?:&|and)\s*ride(?:\s+section)?", re.IGNORECASE)


def near_stops(events: gpd.GeoDataFrame, points: gpd.GeoDataFrame, reach_m: float) -> pd.Series:
    """Name the stops of public transport within reach of each event.

    Parameters
    ----------
    events
        EVENTS, in a CRS in metres; lines and polygons count from the part of theirs that is nearest.
    points
        Stops with ``name``, in the same CRS.
    reach_m
        Greatest distance in metres, straight line; a stop at just this distance counts.

    Returns
    -------
    Series
        By ``event_id``: a tuple of at most ``MOST_NAMES`` names, the nearest first, each once; of stops equally far the
        first by the index of ``points``. Where there are more names, the tuple ends with how many, as ``and 12 more``.
        Empty for an event without a location and one with no stop around. ``Hail & Ride Section`` is no name.

    Raises
    ------
    TableError
        The two are not in one CRS.
    """
    if events.crs != points.crs:
        raise TableError(f"The events are in {events.crs or 'no CRS'}, the stops in {points.crs or 'no CRS'}.")
    names: dict[object, dict[str, None]] = {event: {} for event in events.index}
    pairs = within_reach(events.geometry, points.geometry, reach_m)
    for event, name in zip(pairs["place"], points["name"].loc[pairs["other"]], strict=True):
        if not _NO_PLACE.fullmatch(str(name).strip()):
            names[event].setdefault(str(name))
    told = [_few(tuple(found)) for found in names.values()]
    return pd.Series(told, index=events.index, dtype=object, name="near_stops")


def _few(names: tuple[str, ...]) -> tuple[str, ...]:
    left = len(names) - MOST_NAMES
    return (*names[:MOST_NAMES], f"and {left:,} more") if left > 0 else names
