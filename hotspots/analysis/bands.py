"""Bands of the density: the densest ground of the area, as much of it as is asked for."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import contourpy
import geopandas as gpd
import numpy as np
import shapely

from hotspots.analysis.density import CELL_M, density_surface
from hotspots.geo.points import distinct_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from hotspots.analysis.density import Surface

SHARES = (0.1, 0.05, 0.02)
_MOST_CELLS_ACROSS = 800
_TOLERANCE = 0.2
"""Of a cell: how far a line may lie from where it was, once it is drawn with fewer points."""


def density_bands(
    focus: gpd.GeoDataFrame, within: BaseGeometry, covered: BaseGeometry, shares: Sequence[float] = SHARES
) -> gpd.GeoDataFrame:
    """Draw lines around the ground where the kernel density is highest.

    Parameters
    ----------
    focus
        LOCATED rows in focus of one window, in a metric CRS.
    within
        The searched area; ground outside is neither measured nor drawn.
    covered
        Where there are data, ``within`` and around it.
    shares
        Shares of the area, each of which is one band.

    Returns
    -------
    GeoDataFrame
        One row for each share, in the order given: ``share_of_area`` as asked for, ``n`` (rows on the
        ground), ``bandwidth_m`` and ``geometry``. Each band lies inside the wider ones. Without rows, or
        where the density is 0 on so much of the area that no line would part it, there is no band.
    """
    points = distinct_points(focus.geometry)
    # A wide area is no clearer for cells that nobody can see.
    west, south, east, north = within.bounds
    cell_m = CELL_M * max(1, math.ceil(max(east - west, north - south) / CELL_M / _MOST_CELLS_ACROSS))
    surface = density_surface(points, cell_m=cell_m, covered=covered)
    rows = []
    if surface.density.size:
        x, y = _centres(surface)
        inside = shapely.contains_xy(within, *np.meshgrid(x, y))
        ranked = np.sort(surface.density[inside])[::-1]
        lines = contourpy.contour_generator(x, y, surface.density, fill_type=contourpy.FillType.OuterOffset)
        for share in shares:
            cells = round(share * within.area / cell_m**2)
            level = float(ranked[cells]) if cells < len(ranked) else 0.0
            if level > 0:
                ground = _ground(lines, level, within, _TOLERANCE * cell_m)
                on = shapely.intersects_xy(ground, points.xy[:, 0], points.xy[:, 1])
                rows.append((share, int(points.weight[on].sum()), surface.bandwidth_m, ground))
    columns = ["share_of_area", "n", "bandwidth_m", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=focus.crs)


def _centres(surface: Surface) -> tuple[np.ndarray, np.ndarray]:
    """Return x of the columns and y of the rows."""
    west, south = surface.origin
    height, width = surface.density.shape
    return (np.arange(width) + west + 0.5) * surface.cell_m, (np.arange(height) + south + 0.5) * surface.cell_m


def _ground(lines: contourpy.ContourGenerator, level: float, within: BaseGeometry, tolerance: float) -> BaseGeometry:
    """Return the ground above a level as one shape."""
    points, offsets = cast("tuple[list[np.ndarray], list[np.ndarray]]", lines.filled(level, np.inf))
    shapes = []
    for corners, ends in zip(points, offsets, strict=True):
        rings = [corners[start:end] for start, end in pairwise(ends)]
        shapes.append(shapely.Polygon(rings[0], rings[1:]))
    ground = shapely.make_valid(shapely.simplify(shapely.union_all(shapes), tolerance))
    kept = shapely.intersection(ground, within)
    return shapely.MultiPolygon([part for part in shapely.get_parts(kept) if part.geom_type == "Polygon"])
