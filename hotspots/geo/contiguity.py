"""Which areas touch: queen contiguity that survives the rounding of coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse

from hotspots.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SNAP_M = 0.01
"""Edges that lie so near are one edge: far more than rounding moves a vertex, far less than any street is wide."""

MAX_ISLAND_SHARE = 0.01
"""More areas without a neighbour than this are no islands but a layer whose edges do not meet."""


@dataclass(frozen=True)
class Neighbours:
    """Which areas touch which."""

    index: pd.Index
    """Keys of the areas, in the order of the rows and columns of ``matrix``."""
    matrix: sparse.csr_array
    """Shape (n, n), symmetric: 1.0 where two areas touch; the diagonal is empty."""
    islands: tuple[str, ...]
    """Keys of the areas that touch no other."""


def queen(polygons: gpd.GeoSeries, snap_m: float = SNAP_M) -> Neighbours:
    """Find the areas that share an edge or a corner, or overlap.

    Two areas are neighbours when they are at most ``snap_m`` apart. Edges that were one are not equal any
    more once a file in degrees has been projected, so exact contiguity loses them. Distances are compared,
    not coordinates rounded to a grid: of two vertices a hair apart, a grid may send each to its own side.

    Parameters
    ----------
    polygons
        Areas in a projected CRS in metres, none missing or empty; the index holds their unique keys.
    snap_m
        Largest distance in metres of areas that touch.

    Returns
    -------
    Neighbours
        The index is that of ``polygons``.

    Raises
    ------
    InputError
        The CRS is not projected in metres, a geometry is missing or empty, or more than one area and more
        than ``MAX_ISLAND_SHARE`` of all touch no other: the layer's edges do not meet.
    ValueError
        The distance is negative or not a number.
    """
    if not 0 <= snap_m < np.inf:
        raise ValueError(f"the snap is a distance in metres, 0 or more, not {snap_m}")
    crs = polygons.crs
    if crs is None or not crs.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info[:2]):
        raise InputError(
            f"Which areas touch is found in a CRS projected in metres, not in {crs.name if crs else 'none'}: "
            "bring the layer to EPSG:27700 first."
        )
    shapes = np.asarray(polygons.array, dtype=object)
    blank = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if len(blank):
        raise InputError(
            f"{len(blank)} of {len(shapes)} areas have no geometry (first: {polygons.index[blank[0]]}): "
            "remove them or take the layer from its publisher again."
        )
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="dwithin", distance=snap_m)
    upper = first < second
    # Each pair once, then mirrored: at the very limit the distance there and back may differ in the last bit.
    rows = np.concatenate([first[upper], second[upper]])
    columns = np.concatenate([second[upper], first[upper]])
    matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(shapes), len(shapes)))
    alone = np.flatnonzero(np.diff(matrix.indptr) == 0)
    if len(alone) > max(1.0, MAX_ISLAND_SHARE * len(shapes)):
        _, apart = tree.query_nearest(shapes[alone[:1]], exclusive=True, return_distance=True, all_matches=False)
        raise InputError(
            f"{len(alone)} of {len(shapes)} areas touch no other (first: {polygons.index[alone[0]]}, "
            f"{apart[0]:.2f} m from the nearest): neighbours need edges that meet within {snap_m:g} m; "
            "try a layer from one publisher that was not buffered or clipped area by area, or a wider area."
        )
    return Neighbours(polygons.index, matrix, tuple(str(key) for key in polygons.index[alone]))
