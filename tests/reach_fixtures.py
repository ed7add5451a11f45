"""Sites, demand points, services and hotspots at places in metres, for the tests of what a stop reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.tables import DEMAND, HOTSPOTS, PROVISION, SITES, check
from tests.places_fixtures import SOUTH, WEST

if TYPE_CHECKING:
    from collections.abc import Sequence

EAST, NORTH = WEST, SOUTH


def points(places: Sequence[Sequence[float]], prefix: str, name: str, crs: int = 27700) -> gpd.GeoSeries:
    """Points so many metres from the corner of the tests, under keys in their order."""
    xy = np.asarray(places, dtype=float).reshape(-1, 2) + np.array([EAST, NORTH])
    key = pd.Index([f"{prefix}{number:04d}" for number in range(len(xy))], dtype="str", name=name)
    return gpd.GeoSeries(gpd.points_from_xy(*xy.T), index=key, crs=crs)


def text(values: Any, index: pd.Index) -> pd.Series:
    return pd.Series(values, index=index, dtype="str")


def sites_at(places: Sequence[Sequence[float]], crs: int = 27700) -> gpd.GeoDataFrame:
    geometry = points(places, "S", "site_id", crs)
    key = geometry.index
    columns = {
        "name": text("a kerb", key),
        "status": text("candidate", key),
        "hours": text(None, key),
        "capacity": pd.Series(pd.NA, index=key, dtype="Int64"),
        "reason": text(None, key),
        "notes": text(None, key),
    }
    return check(SITES, gpd.GeoDataFrame(columns, geometry=geometry.to_numpy(), index=key, crs=crs))


def demand_at(
    places: Sequence[Sequence[float]], weights: Any = 1.0, crs: int = 27700, **columns: Any
) -> gpd.GeoDataFrame:
    """Points whose incidents a month are twice their weight."""
    geometry = points(places, "D", "demand_id", crs)
    key = geometry.index
    given = {
        "n_month": pd.Series(weights, index=key, dtype=float) * 2,
        "weight": pd.Series(weights, index=key, dtype=float),
        **{name: text(columns.get(name), key) for name in ("lsoa_code", "ward", "hotspot_id")},
    }
    return check(DEMAND, gpd.GeoDataFrame(given, geometry=geometry.to_numpy(), index=key, crs=crs))


def services_at(services: Sequence[tuple[float, float, float, str | None]], crs: int = 27700) -> gpd.GeoDataFrame:
    """East, north, reach and hours of each."""
    geometry = points([one[:2] for one in services], "V", "provision_id", crs)
    key = geometry.index
    columns = {
        "name": text("a youth centre", key),
        "reach_m": pd.Series([one[2] for one in services], index=key, dtype=float),
        "hours": text([one[3] for one in services], key),
    }
    return check(PROVISION, gpd.GeoDataFrame(columns, geometry=geometry.to_numpy(), index=key, crs=crs))


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def hotspots_on(grounds: Sequence[Any], ranks: Sequence[int] | None = None, crs: int = 27700) -> gpd.GeoDataFrame:
    """HOTSPOTS H1, H2 … on some polygons; only ground and rank say anything."""
    key = pd.Index([f"H{number}" for number in range(1, len(grounds) + 1)], dtype="str", name="hotspot_id")
    fillers: dict[str, Any] = {"bool": False, "int64": 1, "float64": 0.5, "Int64": pd.NA}
    kinds = {name: str(column.dtype) for name, column in HOTSPOTS.columns.items() if name != "geometry"}
    columns = {name: pd.Series(fillers.get(kind, "x"), index=key, dtype=kind) for name, kind in kinds.items()}
    columns |= {"change": text("usual", key), "status": text("new", key)}
    columns["rank"] = pd.Series(ranks or range(1, len(key) + 1), index=key, dtype="int64")
    return check(HOTSPOTS, gpd.GeoDataFrame(columns, geometry=list(grounds), index=key, crs=crs))


def with_times(
    incidents: gpd.GeoDataFrame,
    begin: Sequence[str | None],
    until: Sequence[str | None] | None = None,
    known: Sequence[bool] | None = None,
) -> gpd.GeoDataFrame:
    """The incidents with times, of the London clock where they say no other; empty ones have none."""
    at = moments(begin, incidents.index)
    return incidents.assign(
        occurred_at=at,
        occurred_until=moments(until or [None] * len(incidents), incidents.index),
        time_known=at.notna() if known is None else np.array(known, dtype=bool),
    )


def moments(values: Sequence[str | None], index: pd.Index) -> pd.Series:
    stamps = [None if value is None else pd.Timestamp(value) for value in values]
    zoned = [one.tz_localize("Europe/London") if one and one.tzinfo is None else one for one in stamps]
    utc = pd.to_datetime(pd.Series(zoned, index=index, dtype=object), utc=True)
    return utc.astype(pd.DatetimeTZDtype("us", "Europe/London"))
