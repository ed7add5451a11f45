"""Lines joined and shapes made simpler, for drawing only: never for a calculation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST_SIDE = 3.0
"""A surface narrower than so many tolerances, were it a square, is a speck."""


def join_lines(lines: NDArray[np.object_], keys: pd.DataFrame) -> tuple[NDArray[np.object_], pd.DataFrame]:
    """Join lines of the same key end to end.

    Parameters
    ----------
    lines
        LineStrings.
    keys
        One row per line, on any index; lines whose rows are equal may be joined.

    Returns
    -------
    lines
        Longer lines along the same ground: joined at every end where just two of a key meet.
    keys
        Their keys, numbered from 0; sorted by key, lines of a key in the order of their coordinates, so that
        the order of the input does not matter.
    """
    found: list[NDArray[np.object_]] = []
    rows: list[pd.DataFrame] = []
    # The sorted input makes the merge, which begins anywhere, begin at the same place each time.
    ordered = keys.reset_index(drop=True)
    for _, members in ordered.groupby(list(ordered.columns), sort=True):
        given = in_order(lines[members.index.to_numpy()])
        joined = in_order(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(list(given)))))
        found.append(joined)
        rows.append(members.iloc[np.zeros(len(joined), dtype=np.intp)])
    if not found:
        return np.array([], dtype=object), ordered
    return np.concatenate(found), pd.concat(rows, ignore_index=True)


def in_order(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes sorted by their bytes: an order that does not depend on the one they came in."""
    return shapes[np.argsort(np.array([shape.hex() for shape in shapely.to_wkb(shapes)], dtype=str), kind="stable")]


def simpler_lines(lines: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Return lines with fewer points, each point left out within the tolerance of what is kept.

    The method is that of Douglas and Peucker (1973). A line's ends stay; a loop smaller than the tolerance
    becomes a line without length.

    Parameters
    ----------
    lines
        LineStrings in a metric CRS.
    tolerance_m
        Tolerance in metres.

    Returns
    -------
    array
        As many lines, in the same order.
    """
    return np.asarray(shapely.simplify(lines, tolerance_m, preserve_topology=False), dtype=object)


def simpler_surfaces(surfaces: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Return polygons with fewer points; those too small to show at this tolerance are left out.

    Parameters
    ----------
    surfaces
        Polygons in a metric CRS.
    tolerance_m
        Tolerance in metres; a polygon with a smaller area than a square of three tolerances is a speck.

    Returns
    -------
    array
        Polygons, in the same order; they stay valid.
    """
    large = surfaces[shapely.area(surfaces) >= (_LEAST_SIDE * tolerance_m) ** 2]
    return np.asarray(shapely.simplify(large, tolerance_m, preserve_topology=True), dtype=object)
