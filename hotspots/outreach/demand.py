"""Where the need is: demand points of incidents or of a layer of one's own, what services meet, hotspots and wards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError, TableError
from hotspots.geo.grid import Grid, cell_keys
from hotspots.geo.points import distinct_points, within_reach
from hotspots.outreach.coverage import HAIR_M, near_pairs
from hotspots.outreach.sessions import session_labels, session_shares, timed
from hotspots.settings.hours import read_hours, shared_minutes
from hotspots.tables import DEMAND, HOTSPOTS, KEPT, PROVISION, SITES, check

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.geo.points import DistinctPoints
    from hotspots.settings.hours import Span

PERSISTENCE_GRID = Grid("hexagon", 150.0)
"""Incidents in one cell are of one place when the months are counted that it had any in."""

_LEAST_DIGITS = 5


def demand_points(
    incidents: gpd.GeoDataFrame,
    months: pd.PeriodIndex,
    *,
    persistence: bool,
    sessions: tuple[Span, ...],
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Make demand points of incidents: one for each coordinate that occurs.

    The weight is the incidents a month, times the share of the incidents' time that falls in the sessions.
    With persistence it moves to where something happens in more of the months, in proportion to their
    number in the same cell of ``PERSISTENCE_GRID``; the need as a whole stays what it was. An
    incident without a known time counts as the mean of those with one. Where too few have a time to tell
    (``sessions.timed``) hours are left out for all: to discount only the incidents of the sources that
    write down the time would favour the places of the others.

    Parameters
    ----------
    incidents
        KEPT of those that the bus is for, in a projected CRS in metres; LOCATED has more, which is not read.
    months
        The months they were counted in, monthly, each once.
    persistence
        Whether places count less that had incidents in few of the months.
    sessions
        Spans of the week that do not overlap; none: hours are left out.

    Returns
    -------
    demand
        DEMAND, by x, then y; without wards and hotspots. ``lsoa_code`` is that of most incidents at the
        point, of as many the smallest.
    by_session
        On the same index, a column per session: how the weight divides. Where hours are left out it
        divides by the sessions' length. The order of the incidents changes no bit of either.

    Raises
    ------
    TableError
        The incidents break their contract.
    ValueError
        There is no month, one is named twice, an incident is of another, or two sessions overlap.
    """
    check(KEPT, incidents[[name for name in KEPT.columns if name in incidents]])
    if not len(months) or not months.is_unique or not incidents["month"].isin(months).all():
        raise ValueError("every incident lies in one of the months, of which there is at least one, each named once")
    labels = session_labels(sessions)
    points = distinct_points(incidents.geometry)
    factor = np.full(len(points.xy), 1.0 / len(months))
    told = bool(sessions) and timed(incidents).told
    count = _in_sessions(points, incidents, sessions) if told else _by_length(points, sessions)
    weight = np.asarray(count.sum(axis=1) if told else points.weight, dtype=np.float64)
    if persistence:
        factor = factor * _lasting(points, incidents["month"], weight)
    codes = _codes(points, incidents["lsoa_code"])
    n_month = points.weight / len(months)
    demand = _table(points.xy, incidents.crs, n_month=n_month, weight=weight * factor, lsoa_code=codes)
    return demand, pd.DataFrame(count * factor[:, None], index=demand.index, columns=labels)


def _lasting(points: DistinctPoints, month: pd.Series, count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each point counts by the months its cell had incidents in; the need as a whole stays."""
    held = _months_held(points, month).astype(np.float64)
    weighted = math.fsum(count * held)
    return held * (math.fsum(count) / weighted) if weighted > 0 else held


def _months_held(points: DistinctPoints, month: pd.Series) -> NDArray[np.int64]:
    """Return for each point in how many months an incident lay in its cell."""
    cell = cell_keys(PERSISTENCE_GRID.cells_of(points.xy))
    held = np.unique(np.column_stack([cell[points.row_point], pd.PeriodIndex(month).asi8]), axis=0)
    cells, number = np.unique(held[:, 0], return_counts=True)
    return np.asarray(number[np.searchsorted(cells, cell)])


def _in_sessions(points: DistinctPoints, incidents: pd.DataFrame, sessions: tuple[Span, ...]) -> NDArray[np.float64]:
    """Return how many incidents fall in each session, shape (points, sessions)."""
    shares = session_shares(incidents, sessions).to_numpy()
    known = ~np.isnan(shares[:, 0])
    at, size = points.row_point, len(points.xy)
    own = np.column_stack([np.bincount(at[known], column, size) for column in shares[known].T])
    untimed = np.bincount(at[~known], minlength=size)
    return np.asarray(own + untimed[:, None] * (shares[known].sum(axis=0) / known.sum()), dtype=np.float64)


def _by_length(points: DistinctPoints, sessions: tuple[Span, ...]) -> NDArray[np.float64]:
    minutes = np.array([span.minutes for span in sessions], dtype=np.float64)
    return np.asarray(points.weight[:, None] * minutes / minutes.sum(), dtype=np.float64)


def _codes(points: DistinctPoints, codes: pd.Series) -> pd.Series:
    """Return the code that most rows of each point have; of as many the smallest."""
    rows = pd.DataFrame({"point": points.row_point, "code": codes.to_numpy()}).dropna()
    counted = rows.groupby(["point", "code"]).size().rename("n").reset_index()
    first = counted.sort_values(["point", "n", "code"], ascending=[True, False, True]).drop_duplicates("point")
    return first.set_index("point")["code"].reindex(range(len(points.xy)))


def _table(
    xy: NDArray[np.float64],
    crs: object,
    *,
    n_month: NDArray[np.float64],
    weight: NDArray[np.float64],
    lsoa_code: pd.Series | None = None,
) -> gpd.GeoDataFrame:
    """Return DEMAND of points that are sorted already."""
    digits = max(_LEAST_DIGITS, len(str(len(xy))))
    key = pd.Index([f"D{number:0{digits}}" for number in range(1, len(xy) + 1)], dtype="str", name="demand_id")
    empty = np.full(len(xy), None)
    columns = {
        "n_month": np.asarray(n_month, dtype=np.float64),
        "weight": np.asarray(weight, dtype=np.float64),
        "lsoa_code": pd.Series(empty if lsoa_code is None else lsoa_code.to_numpy(), index=key, dtype="str"),
        "ward": pd.Series(empty, index=key, dtype="str"),
        "hotspot_id": pd.Series(empty, index=key, dtype="str"),
    }
    return check(DEMAND, gpd.GeoDataFrame(columns, index=key, geometry=gpd.points_from_xy(*xy.T), crs=crs))


def own_demand(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make demand points of a layer that says itself how much need there is.

    Parameters
    ----------
    points
        Points with a column ``weight``, 0 or more, in a projected CRS in metres, on any index.

    Returns
    -------
    GeoDataFrame
        DEMAND, by x, then y, those on the same coordinate added up; ``n_month`` is the weight. The order of
        the rows changes no bit of it.

    Raises
    ------
    InputError
        The column is missing, a weight is no number of 0 or more, or a geometry is no point.
    """
    if "weight" not in points:
        named = ", ".join(str(name) for name in points.columns if name != points.geometry.name) or "none"
        raise InputError(f"The layer of demand has no column 'weight' (its columns: {named}); name the need so.")
    weight = pd.to_numeric(points["weight"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~((weight >= 0) & np.isfinite(weight)))
    if len(bad):
        raise InputError(
            f"The weight of {len(bad)} of {len(points)} points of demand is no number of 0 or more (first: "
            f"{points['weight'].iloc[bad[0]]!r} in row {bad[0] + 1}); mend or remove them."
        )
    shapes = points.geometry.to_numpy()
    bad = np.flatnonzero((shapely.get_type_id(shapes) != shapely.GeometryType.POINT) | shapely.is_empty(shapes))
    if len(bad):
        raise InputError(
            f"{len(bad)} of {len(points)} geometries of the layer of demand are no points (first: row {bad[0] + 1}); "
            "give one point a row."
        )
    # In one order whatever the rows', because a sum of floats depends on it.
    order = np.lexsort((weight, points.geometry.y, points.geometry.x))
    distinct = distinct_points(points.geometry.iloc[order])
    total = np.bincount(distinct.row_point, weight[order], len(distinct.xy)).astype(np.float64)
    return _table(distinct.xy, points.crs, n_month=total, weight=total)


def with_places(demand: gpd.GeoDataFrame, hotspots: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Say on which hotspot and in which ward each demand point lies.

    Parameters
    ----------
    demand
        DEMAND; points without an ``lsoa_code`` get that of the area they lie in, on an edge the smallest.
    hotspots
        HOTSPOTS in the same CRS; a point on the ground of several belongs to the first by rank.
    areas
        Polygons in the same CRS, index ``lsoa_code``, with a column ``ward`` that may be empty.

    Returns
    -------
    GeoDataFrame
        DEMAND with ``hotspot_id``, ``ward`` and ``lsoa_code``, empty where there is none.

    Raises
    ------
    TableError
        A table breaks its contract, or the CRS differ.
    """
    check(DEMAND, demand)
    _same_crs(demand, "demand points", check(HOTSPOTS, hotspots), "hotspots")
    _same_crs(demand, "demand points", areas, "areas")
    code = demand["lsoa_code"].fillna(_first_on(demand, areas.sort_index()))
    return check(
        DEMAND,
        demand.assign(
            lsoa_code=code.astype("str"),
            ward=code.map(areas["ward"]).astype("str"),
            hotspot_id=_first_on(demand, hotspots.sort_values("rank")),
        ),
    )


def _first_on(points: gpd.GeoDataFrame, ground: gpd.GeoDataFrame) -> pd.Series:
    """Return the label of the first polygon that each point lies on, its edge included."""
    point, polygon = ground.sindex.query(points.geometry, predicate="intersects")
    first = np.full(len(points), len(ground), dtype=np.int64)
    np.minimum.at(first, point, polygon)
    labels = [*ground.index, None]
    return pd.Series([labels[at] for at in first], index=points.index, dtype="str")


def _same_crs(one: gpd.GeoDataFrame, name: str, other: gpd.GeoDataFrame, its_name: str) -> None:
    if one.crs != other.crs:
        raise TableError(f"The {name} are in {one.crs}, the {its_name} in {other.crs}: bring both to one CRS.")


def less_provision(
    demand: gpd.GeoDataFrame,
    provision: gpd.GeoDataFrame,
    *,
    share: float,
    walk_factor: float,
    sessions: tuple[Span, ...],
) -> gpd.GeoDataFrame:
    """Take off the need that services meet which are there already.

    Parameters
    ----------
    demand
        DEMAND.
    provision
        PROVISION in the same CRS.
    share
        How much of the need within its reach a service meets while it is open, 0 to 1.
    walk_factor
        A walk is so many times the straight line.
    sessions
        Spans of the week when the bus is out: of several services the one counts that is open for the
        largest part of them. None: all are taken for open.

    Returns
    -------
    GeoDataFrame
        DEMAND, ``weight`` less ``share`` times that part of it where a service is within its reach (just so far
        included); ``n_month`` stays as counted.

    Raises
    ------
    TableError
        A table breaks its contract, or the CRS differ.
    ValueError
        The share is not 0 to 1, the factor is not above 0, or hours of a service cannot be read.
    """
    check(DEMAND, demand)
    _same_crs(demand, "demand points", check(PROVISION, provision), "services")
    if not (0 <= share <= 1 and 0 < walk_factor < np.inf):
        raise ValueError(f"the share lies between 0 and 1 and the factor above 0, not {share} and {walk_factor}")
    met = np.zeros(len(demand))
    if len(provision):
        reach = provision["reach_m"].to_numpy()
        near = near_pairs(provision.geometry, demand.geometry, float(reach.max()) / walk_factor)
        inside = near.apart_m * walk_factor <= reach[near.first] + HAIR_M
        part = np.array([_open_part(hours, sessions) for hours in provision["hours"].fillna("")])
        np.maximum.at(met, near.second[inside], part[near.first[inside]])
    return check(DEMAND, demand.assign(weight=demand["weight"] * (1.0 - share * met)))


def _open_part(hours: str, sessions: tuple[Span, ...]) -> float:
    """Return how much of the sessions lies in the hours of a service; no hours are no limit."""
    spans = read_hours(hours)
    if not spans or not sessions:
        return 1.0
    return sum(shared_minutes(span, spans) for span in sessions) / sum(span.minutes for span in sessions)


def site_hotspots(sites: gpd.GeoDataFrame, hotspots: gpd.GeoDataFrame, reach_m: float) -> pd.Series:
    """Find the hotspots near each site.

    Parameters
    ----------
    sites
        SITES.
    hotspots
        HOTSPOTS in the same CRS in metres.
    reach_m
        Longest straight line in metres from the site to the nearest ground of a hotspot; one just so long
        counts.

    Returns
    -------
    Series
        On the index of the sites: ids by rank, parted by blanks, empty text where there is none.

    Raises
    ------
    TableError
        A table breaks its contract, or the CRS differ.
    """
    check(SITES, sites)
    _same_crs(sites, "sites", check(HOTSPOTS, hotspots), "hotspots")
    pairs = within_reach(sites.geometry, hotspots.geometry, reach_m + HAIR_M)
    ranked = pairs.assign(rank=pairs["other"].map(hotspots["rank"])).sort_values("rank", kind="stable")
    found = ranked.groupby("place")["other"].agg(" ".join)
    return found.reindex(sites.index).fillna("").astype("str").rename("hotspot_ids")
