"""What a stop reaches: shares of need by site and demand point, the reach of a plan, and what each stop adds.

The reach of a plan is the sum over the demand points of their weight times the largest share that any stop of
the plan meets (Church and ReVelle 1974; with shares that fall by distance Church and Roberts 1983).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

from hotspots.errors import TableError
from hotspots.tables import DEMAND, SITES, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from hotspots.outreach.network import StreetNetwork

HAIR_M = 1e-6
"""A micrometre: what rounding may add to a distance that is just within reach."""

_RINGS = 4
"""Steps in which a share falls with the walk."""


@dataclass(frozen=True)
class Coverage:
    """Which share of each demand point's need a stop at each site meets."""

    shares: sparse.csr_array
    """Shape (sites, demand points): above 0, at most 1; nothing is stored beyond reach."""
    site_ids: pd.Index
    """Keys of the rows."""
    demand_ids: pd.Index
    """Keys of the columns."""


@dataclass(frozen=True)
class Groups:
    """Demand points that every site meets alike, put together: the reach of no plan changes by it."""

    weight: NDArray[np.float64]
    """Need of each group, shape (groups,)."""
    n_month: NDArray[np.float64]
    """Incidents a month of each group, as counted."""
    starts: NDArray[np.int64]
    """Shape (groups + 1,): the sites of group ``g`` are ``sites[starts[g]:starts[g + 1]]``."""
    sites: NDArray[np.int64]
    """Positions of sites, ascending within a group."""
    shares: NDArray[np.float64]
    """What each of them meets of the group's need."""
    beyond: float
    """Need that no site reaches; it is in no group."""


class Near(NamedTuple):
    """Pairs of points that are near each other."""

    first: NDArray[np.int64]
    """Positions among the one set of points."""
    second: NDArray[np.int64]
    """Positions among the other."""
    apart_m: NDArray[np.float64]
    """Straight line between them."""


def coverage(
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    reach_m: float,
    walk_factor: float = 1.0,
    decay: bool = False,
    network: StreetNetwork | None = None,
) -> Coverage:
    """Find which share of the need at each demand point a stop at each site meets.

    Parameters
    ----------
    sites
        SITES, in a projected CRS in metres.
    demand
        DEMAND, in the same CRS.
    reach_m
        Longest walk in metres; a point just so far is reached.
    walk_factor
        A walk is so many times the straight line; not used with a network.
    decay
        Whole within a quarter of the reach, then three, two and one quarter; else whole within reach.
    network
        Streets to walk along; none: straight lines.

    Returns
    -------
    Coverage
        Rows and columns in the order of the two tables.

    Raises
    ------
    TableError
        A table breaks its contract, or the two differ in CRS.
    InputError
        The network is in another CRS.
    ValueError
        The reach or the factor is not above 0.
    """
    check(SITES, sites)
    check(DEMAND, demand)
    if sites.crs != demand.crs:
        raise TableError(f"The sites are in {sites.crs}, the demand is in {demand.crs}: bring both to one CRS.")
    if not (0 < reach_m < np.inf and 0 < walk_factor < np.inf):
        raise ValueError(f"the reach and the walk factor are above 0, not {reach_m} and {walk_factor}")
    if network is None:
        near = near_pairs(sites.geometry, demand.geometry, reach_m / walk_factor)
        site, point, walk = near.first, near.second, near.apart_m * walk_factor
    else:
        found = network.distances(sites.geometry, demand.geometry, reach_m).tocoo()
        site, point, walk = found.row.astype(np.int64), found.col.astype(np.int64), found.data
    if decay:
        rings = np.clip(np.ceil((walk - HAIR_M) * _RINGS / reach_m), 1, _RINGS)
        share = (_RINGS + 1 - rings) / _RINGS
    else:
        share = np.ones(len(walk))
    matrix = sparse.csr_array((share, (site, point)), shape=(len(sites), len(demand)))
    return Coverage(matrix, sites.index, demand.index)


def near_pairs(first: gpd.GeoSeries, second: gpd.GeoSeries, limit_m: float) -> Near:
    """Find the pairs of points at most a straight line apart.

    Parameters
    ----------
    first, second
        Points in one projected CRS in metres, none empty.
    limit_m
        Longest line in metres; a pair just so far apart is found.

    Returns
    -------
    Near
        Each pair once, in no order that means anything.
    """
    xy = [np.column_stack([points.x.to_numpy(), points.y.to_numpy()]) for points in (first, second)]
    one, other = (cKDTree(some) for some in xy)
    pairs = one.sparse_distance_matrix(other, limit_m + HAIR_M, output_type="ndarray")
    return Near(pairs["i"].astype(np.int64), pairs["j"].astype(np.int64), pairs["v"].astype(np.float64))


def reach_of(coverage: Coverage, weights: NDArray[np.float64], chosen: Sequence[int]) -> float:
    """Return what a set of sites reaches: the sum of weight times the best share, whatever found the set.

    Parameters
    ----------
    coverage
        What each site meets.
    weights
        Need of each demand point, shape (demand points,).
    chosen
        Positions of the sites, in any order; none reach 0.

    Returns
    -------
    float
        In the unit of the weights.

    Raises
    ------
    ValueError
        There are not as many weights as demand points, or a position is none of a site.
    """
    rows = _rows(coverage, weights, chosen).toarray()
    return float((weights * rows.max(axis=0, initial=0.0)).sum())


def covered_alone(coverage: Coverage, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a stop at each site reaches by itself, shape (sites,), in the unit of the weights."""
    return np.asarray(coverage.shares @ weights, dtype=np.float64)


def gain(coverage: Coverage, weights: NDArray[np.float64], chosen: Sequence[int]) -> NDArray[np.float64]:
    """Return what a plan would lose without each of its stops.

    Parameters
    ----------
    coverage, weights
        As for ``reach_of``.
    chosen
        Positions of the stops, each once.

    Returns
    -------
    ndarray
        Shape (stops,), in the order of ``chosen``: at least 0, at most what the stop reaches by itself.

    Raises
    ------
    ValueError
        There are not as many weights as demand points, or a position is none of a site or named twice.
    """
    rows = _rows(coverage, weights, chosen).toarray()
    if not len(rows):
        return np.zeros(0)
    best = rows.argmax(axis=0)
    columns = np.arange(rows.shape[1])
    lead = rows[best, columns]
    rows[best, columns] = 0.0
    return np.asarray(np.bincount(best, weights * (lead - rows.max(axis=0)), len(rows)), dtype=np.float64)


def stop_facts(
    coverage: Coverage,
    weights: NDArray[np.float64],
    n_month: NDArray[np.float64],
    chosen: Sequence[int],
) -> pd.DataFrame:
    """Tell of each stop of a plan what it reaches, and what of that no other stop does.

    Parameters
    ----------
    coverage, weights, chosen
        As for ``gain``.
    n_month
        Incidents a month at each demand point, shape (demand points,).

    Returns
    -------
    DataFrame
        Index ``site``, the positions in the order of ``chosen``; ``covered``, what the stop reaches by
        itself; ``gain``, what the plan would lose without it; ``share``, how much of ``covered`` other stops
        reach too, 0 where it reaches nothing; ``n_month``, incidents a month within its reach, as counted.

    Raises
    ------
    ValueError
        There are not as many weights as demand points, or a position is none of a site or named twice.
    """
    rows = _rows(coverage, weights, chosen)
    covered = np.asarray(rows @ weights, dtype=np.float64)
    added = gain(coverage, weights, chosen)
    own = np.divide(added, covered, out=np.ones_like(covered), where=covered > 0)
    return pd.DataFrame(
        {
            "covered": covered,
            "gain": added,
            "share": np.clip(1.0 - own, 0.0, 1.0),
            "n_month": np.asarray((rows > 0).astype(np.float64) @ n_month, dtype=np.float64),
        },
        index=pd.Index(np.asarray(chosen, dtype=np.int64), name="site"),
    )


def _rows(coverage: Coverage, weights: NDArray[np.float64], chosen: Sequence[int]) -> sparse.csr_array:
    sites, points = coverage.shares.shape
    if np.shape(weights) != (points,):
        raise ValueError(f"{points} demand points need as many weights, not {np.shape(weights)}")
    rows = np.asarray(chosen, dtype=np.int64)
    if len(np.unique(rows)) < len(rows) or not ((rows >= 0) & (rows < sites)).all():
        raise ValueError(f"stops are different positions of sites, 0 to {sites - 1}, not {list(chosen)}")
    return coverage.shares[rows]


def grouped(coverage: Coverage, weights: NDArray[np.float64], n_month: NDArray[np.float64]) -> Groups:
    """Put together the demand points that every site meets alike.

    Parameters
    ----------
    coverage
        What each site meets.
    weights, n_month
        Need of each demand point and its incidents a month, shape (demand points,).

    Returns
    -------
    Groups
        In the order of their first demand points; ``reach_of`` of every set of sites is unchanged but for
        rounding.

    Raises
    ------
    ValueError
        There are not as many weights as demand points.
    """
    _rows(coverage, weights, ())
    columns = coverage.shares.tocsc()
    columns.sort_indices()
    starts = columns.indptr
    sites, shares = columns.indices.astype(np.int64), columns.data
    numbers: dict[bytes, int] = {}
    members = np.full(len(weights), -1, dtype=np.int64)
    first: list[int] = []
    for point in np.flatnonzero(np.diff(starts)).tolist():
        part = slice(starts[point], starts[point + 1])
        members[point] = numbers.setdefault(sites[part].tobytes() + shares[part].tobytes(), len(numbers))
        if len(first) < len(numbers):
            first.append(point)
    reached, kept = members >= 0, columns[:, first]
    totals = [np.bincount(members[reached], one[reached], len(first)) for one in (weights, n_month)]
    return Groups(
        weight=np.asarray(totals[0], dtype=np.float64),
        n_month=np.asarray(totals[1], dtype=np.float64),
        starts=kept.indptr.astype(np.int64),
        sites=kept.indices.astype(np.int64),
        shares=np.asarray(kept.data, dtype=np.float64),
        beyond=float(weights[~reached].sum()),
    )
