"""What lies around events: the stops of public transport within reach of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import TableError
from hotspots.geo.points import within_reach

if TYPE_CHECKING:
    import geopandas as gpd

MOST_NAMES = 5
"""So many names say where people come from; more are a list."""


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
        first by the index of ``points``. Empty for an event without a location and one with no stop around.

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
        names[event].setdefault(str(name))
    told = [tuple(found)[:MOST_NAMES] for found in names.values()]
    return pd.Series(told, index=events.index, dtype=object, name="near_stops")
