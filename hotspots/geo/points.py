"""Distinct points with weights: street-level rows share few coordinates, so count them once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt


@dataclass(frozen=True)
class DistinctPoints:
    """Coordinates that occur, each once, ordered by x and y whatever the order of the rows."""

    xy: npt.NDArray[np.float64]
    """Shape (p, 2), in the units of the CRS."""
    weight: npt.NDArray[np.int64]
    """Shape (p,): rows at each coordinate."""
    row_point: npt.NDArray[np.int64]
    """Shape (n,): for each row the position of its coordinate in ``xy``."""


def distinct_points(points: gpd.GeoSeries) -> DistinctPoints:
    """Collapse rows that lie on the same coordinate.

    Parameters
    ----------
    points
        Point geometries, none empty.

    Returns
    -------
    DistinctPoints
        Coordinates, weights, and the way back to the rows.
    """
    rows = np.column_stack([points.x.to_numpy(), points.y.to_numpy()]).astype(np.float64)
    if not len(rows):
        return DistinctPoints(rows.reshape(0, 2), np.zeros(0, np.int64), np.zeros(0, np.int64))
    xy, inverse, weight = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    return DistinctPoints(xy, weight.astype(np.int64), inverse.reshape(-1).astype(np.int64))


def within_reach(places: gpd.GeoSeries, others: gpd.GeoSeries, reach_m: float) -> pd.DataFrame:
    """Find which of two sets of shapes lie near each other.

    Parameters
    ----------
    places, others
        Geometries in one projected CRS in metres; empty ones and none are near nothing.
    reach_m
        Greatest distance, in metres.

    Returns
    -------
    DataFrame
        One row a pair, by place and then by distance: ``place`` and ``other`` (labels of the two indexes)
        and ``distance_m``, 0 where they meet.
    """
    there, here = places[~(places.isna() | places.is_empty)], others[~(others.isna() | others.is_empty)]
    at, other = here.sindex.query(there, predicate="dwithin", distance=reach_m)
    apart = there.iloc[at].distance(here.iloc[other], align=False).to_numpy(dtype=float)
    pairs = pd.DataFrame({"place": there.index[at], "other": here.index[other], "distance_m": apart})
    return pairs.sort_values(["place", "distance_m", "other"], ignore_index=True)
