"""The events tracker's table."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa

from hotspots.tables.contract import check, day, geometry, table, text

RISKS = ("low", "medium", "high")
STATUSES = ("proposed", "planned", "live", "done", "cancelled")
SCALE = (1, 5)
"""Least and most of likelihood and of impact."""

_LONDON = pd.DatetimeTZDtype("us", "Europe/London")


def _whole(low: int, high: int | None = None) -> pa.Column:
    checks = [pa.Check.ge(low), *([pa.Check.le(high)] if high is not None else [])]
    return pa.Column(pd.Int64Dtype(), checks, nullable=True)


EVENTS = table(
    "EVENTS",
    "event_id",
    {
        "title": text(),
        "kind": text(),
        "status": text(*STATUSES),
        "starts_at": pa.Column(_LONDON),
        "ends_at": pa.Column(_LONDON, nullable=True),
        "rrule": text(optional=True),
        "except_on": text(optional=True),
        "risk": text(*RISKS, optional=True),
        "likelihood": _whole(*SCALE),
        "impact": _whole(*SCALE),
        "expected_attendance": _whole(0),
        "profile": text(optional=True),
        "dispersal_at": pa.Column(_LONDON, nullable=True),
        "dispersal_place": text(optional=True),
        "organiser": text(optional=True),
        "licence_ref": text(optional=True),
        "mitigation": text(optional=True),
        "owner": text(optional=True),
        "reviewed_on": day(),
        "reviewed_by": text(optional=True),
        "venue": text(optional=True),
        "notes": text(optional=True),
        "geometry": geometry(
            "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", optional=True
        ),
    },
)
"""``rrule`` is an RFC 5545 rule without its start, ``except_on`` ISO dates parted by blanks on which it does not hold;
``dispersal_at`` is the clock of the first occurrence."""

_TYPES: dict[str, Any] = {
    "starts_at": _LONDON,
    "ends_at": _LONDON,
    "dispersal_at": _LONDON,
    "reviewed_on": "datetime64[us]",
    **dict.fromkeys(("likelihood", "impact", "expected_attendance"), pd.Int64Dtype()),
}


def events_table(columns: dict[str, list[Any]], *, epsg: int) -> gpd.GeoDataFrame:
    """Return EVENTS of plain values.

    Parameters
    ----------
    columns
        Column → values, all of one length, ``event_id`` among them; one that is left out is empty. Times carry their
        zone; geometry is in the CRS ``epsg``.
    epsg
        CRS of the geometry.

    Returns
    -------
    GeoDataFrame
        EVENTS, sorted by its key.

    Raises
    ------
    TableError
        The values break the contract.
    """
    length = len(columns.get("event_id", ()))
    nothing: list[Any] = [None] * length
    made = {name: _series(name, columns.get(name, nothing)) for name in EVENTS.columns if name != "geometry"}
    index = pd.Index(columns.get("event_id", []), dtype="str", name="event_id")
    shapes = gpd.GeoSeries(columns.get("geometry", nothing), crs=f"EPSG:{epsg}")
    frame = gpd.GeoDataFrame(made, geometry=shapes, crs=f"EPSG:{epsg}").set_index(index)
    return check(EVENTS, frame.sort_index(), epsg=epsg)


def _series(name: str, values: list[Any]) -> Any:  # noqa: ANN401
    dtype = _TYPES.get(name, "str")
    if dtype != _LONDON:
        return pd.Series(values, dtype=dtype)
    # By way of numbers: pandas takes ten times as long over a list of times with a zone.
    empty = pd.NaT.value
    numbers = [empty if value is None or value is pd.NaT else value.value // 1000 for value in values]
    plain = np.array(numbers, dtype="int64")
    return pd.Series(pd.DatetimeIndex(plain.view("datetime64[us]"), tz="UTC").tz_convert("Europe/London"))
