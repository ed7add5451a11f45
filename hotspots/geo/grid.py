"""Equal cells over the plane: hexagons or squares, anchored to multiples of the cell on the national grid.

A cell is a pair of whole numbers, and every corner is a whole multiple of the same two lengths, so that
neighbours share corners bit for bit, and data moved by whole cells give the same cells moved as far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely

from hotspots.errors import SettingsError

if TYPE_CHECKING:
    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

SHAPES = ("hexagon", "square")
SMALLEST_M, LARGEST_M = 1.0, 100_000.0
MOST_CELLS = 4_000_000
"""Cells of a bounding box that are still looked at one by one."""

_FARTHEST_M = 1e9
_SLIVER = 1e-9
"""Share of a cell that may be rounding."""
_LEAF = 32
"""Cells that are cut out of a polygon together."""

_CORNERS = {
    "hexagon": np.array([(1, 1), (0, 2), (-1, 1), (-1, -1), (0, -2), (1, -1)]),
    "square": np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]),
}
"""From the centre to each corner, in the lengths of ``Grid._units``; counter-clockwise."""

_STEPS = {
    "hexagon": np.array([(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)]),
    "square": np.array([(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]),
}


class CellShares(NamedTuple):
    """The cells that meet a polygon."""

    ids: npt.NDArray[np.int64]
    """Shape (k, 2), by column, then row."""
    share: npt.NDArray[np.float64]
    """Shape (k,): share of each cell's area inside the polygon, above 0, at most 1."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of one shape and size in a metric CRS.

    Hexagons stand on a corner. Cell (0, 0) has its centre at the origin; a column lies one cell to the
    east, a row one cell to the north-east (axial coordinates). The square (0, 0) has its south-west
    corner at the origin.

    Raises
    ------
    SettingsError
        The shape is not known, or the size is not between 1 m and 100 km.
    """

    shape: Literal["hexagon", "square"]
    size_m: float
    """Side of a square; a hexagon's width across flats."""

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise SettingsError(f"The shape of a cell is {' or '.join(SHAPES)}, not {self.shape!r}.")
        if not SMALLEST_M <= self.size_m <= LARGEST_M:
            raise SettingsError(
                f"The size of a cell must lie between {SMALLEST_M:g} and {LARGEST_M:g} m, not {self.size_m!r}; try 150."
            )

    @property
    def area_m2(self) -> float:
        """Area of a cell in square metres."""
        return self.size_m**2 * (math.sqrt(3) / 2 if self.shape == "hexagon" else 1.0)

    @property
    def _units(self) -> npt.NDArray[np.float64]:
        """The lengths east and north that all centres and corners are multiples of."""
        half = self.size_m / 2
        return np.array([half, half / math.sqrt(3) if self.shape == "hexagon" else half])

    def cells_of(self, xy: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the one cell that holds each point.

        Parameters
        ----------
        xy
            Coordinates in metres, shape (n, 2).

        Returns
        -------
        ndarray
            Column and row of each point's cell, shape (n, 2). A point on a side that runs north belongs to
            the cell east of it, a point on any other side to the cell north of it.

        Raises
        ------
        ValueError
            A coordinate is not a number, or is a million kilometres off.
        """
        points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        if not (np.abs(points) < _FARTHEST_M).all():
            raise ValueError("every point of a grid needs two coordinates in metres")
        if self.shape == "square":
            return np.floor(points / self.size_m).astype(np.int64)
        # The lines along the sides and through opposite corners cut the plane into triangles, and each
        # triangle has one hexagon's centre among its corners. Three floors name the triangle.
        east, north = (points / self._units).T
        west = (north - east) / 2
        a, c = np.floor(east), np.floor(west)
        upper = np.floor(east + west) > a + c
        column, row = np.floor((a - c + 1) / 3), np.floor((a + 2 * c + 2 + upper) / 3)
        return np.column_stack([column, row]).astype(np.int64)

    def _lattice(self, ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the centres in the lengths of ``_units``."""
        column, row = np.asarray(ids, dtype=np.int64).reshape(-1, 2).T
        if self.shape == "square":
            return np.column_stack([2 * column + 1, 2 * row + 1])
        return np.column_stack([2 * column + row, 3 * row])

    def centres(self, ids: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the centre of each cell in metres, shape (n, 2)."""
        return np.asarray(self._lattice(ids) * self._units, dtype=np.float64)

    def corners(self, ids: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the corners of each cell in metres, counter-clockwise, shape (n, 6, 2) or (n, 4, 2).

        A corner that several cells share has the same bits in each.
        """
        lattice = self._lattice(ids)[:, None, :] + _CORNERS[self.shape]
        return np.asarray(lattice * self._units, dtype=np.float64)

    def polygons(self, ids: npt.ArrayLike) -> npt.NDArray[np.object_]:
        """Return the polygon of each cell, shape (n,): a coverage without slivers or overlaps."""
        return np.asarray(shapely.polygons(self.corners(ids)), dtype=object)

    def neighbours(self, ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the cells around each cell, counter-clockwise from the east.

        Parameters
        ----------
        ids
            Cells, shape (n, 2).

        Returns
        -------
        ndarray
            Shape (n, 6, 2) for hexagons; (n, 8, 2) for squares, whose corners count (queen contiguity):
            a street that runs diagonally crosses squares at their corners.
        """
        around = np.asarray(ids, dtype=np.int64).reshape(-1, 1, 2) + _STEPS[self.shape]
        return np.asarray(around, dtype=np.int64)

    def reach_m(self, steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the greatest distance between a point of one cell and a point of another.

        Parameters
        ----------
        steps
            Columns and rows from the one cell to the other, shape (n, 2).

        Returns
        -------
        ndarray
            Metres, shape (n,); without a step the width of a cell, corner to corner.
        """
        corners = _CORNERS[self.shape]
        between = (corners[:, None, :] - corners).reshape(-1, 2)
        origin = self._lattice(np.zeros((1, 2), dtype=np.int64))
        apart = ((self._lattice(steps) - origin)[:, None, :] + between) * self._units
        return np.asarray(np.hypot(apart[..., 0], apart[..., 1]).max(axis=1), dtype=np.float64)

    def names(self, ids: npt.ArrayLike) -> list[str]:
        """Return the name of each cell, such as ``x123_y-45``: the same in every run of this shape and size."""
        return [f"x{column}_y{row}" for column, row in np.asarray(ids, dtype=np.int64).reshape(-1, 2).tolist()]

    def cells_within(self, polygon: BaseGeometry) -> CellShares:
        """Return the cells that meet a polygon, and how much of each lies inside.

        Parameters
        ----------
        polygon
            Valid Polygon or MultiPolygon in the CRS of the grid.

        Returns
        -------
        CellShares
            The areas of the shares add up to the polygon's. What only touches it is left out, and shares
            within a billionth of 0 or 1 are taken for rounding.

        Raises
        ------
        SettingsError
            The cells are too small for so large a polygon.
        """
        if polygon.is_empty:
            return CellShares(np.zeros((0, 2), dtype=np.int64), np.zeros(0))
        ids = self._candidates(polygon.bounds)
        share = _shares(self, ids, polygon)
        share = np.where(share > 1 - _SLIVER, 1.0, share)
        order = np.lexsort(ids.T[::-1])
        order = order[share[order] > _SLIVER]
        return CellShares(ids[order], share[order])

    def _candidates(self, bounds: tuple[float, float, float, float]) -> npt.NDArray[np.int64]:
        """Return all cells that may meet a box, and some around it."""
        west, south, east, north = bounds
        skew, pitch = (0.5, self.size_m * math.sqrt(3) / 2) if self.shape == "hexagon" else (0.0, self.size_m)
        wide, high = int((east - west) / self.size_m) + 4, int((north - south) / pitch) + 4
        if wide * high > MOST_CELLS:
            raise SettingsError(
                f"Cells of {self.size_m:g} m are too small for an area of {(east - west) / 1000:,.0f} by "
                f"{(north - south) / 1000:,.0f} km ({wide * high:,} cells); choose larger cells."
            )
        rows = np.arange(high) + (math.floor(south / pitch) - 1)
        first = np.floor(west / self.size_m - skew * rows).astype(np.int64) - 1
        columns = first[:, None] + np.arange(wide)
        return np.column_stack([columns.ravel(), np.repeat(rows, wide)])


def _shares(grid: Grid, ids: npt.NDArray[np.int64], polygon: BaseGeometry) -> npt.NDArray[np.float64]:
    """Return the share of each cell inside a polygon.

    An outline has thousands of corners and a city thousands of cells: halving the cells, and cutting the
    outline to each half, leaves few of either to meet in the end.
    """
    share = np.zeros(len(ids))
    centres = grid.centres(ids)
    margin = grid.reach_m(np.zeros((1, 2), dtype=np.int64))[0] / 2
    pending = [(np.arange(len(ids)), polygon)]
    while pending:
        part, around = pending.pop()
        low, high = centres[part].min(axis=0) - margin, centres[part].max(axis=0) + margin
        box = shapely.box(*low, *high)
        piece = shapely.intersection(around, box)
        if piece.area <= 0:
            continue
        if shapely.covers(piece, box):
            share[part] = 1.0
        elif len(part) <= _LEAF:
            share[part] = shapely.area(shapely.intersection(grid.polygons(ids[part]), piece)) / grid.area_m2
        else:
            half = np.argsort(centres[part, int(np.argmax(high - low))], kind="stable")
            pending += [(part[some], piece) for some in np.array_split(half, 2)]
    return share


def cell_keys(ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return one whole number per cell, shape (n,), in the order of columns, then rows."""
    column, row = np.asarray(ids, dtype=np.int64).reshape(-1, 2).T
    return np.asarray((column << 32) + row, dtype=np.int64)


def cells_of_keys(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the cells of such numbers, shape (n, 2)."""
    column = (keys + (1 << 31)) >> 32
    return np.column_stack([column, keys - (column << 32)]).astype(np.int64)
