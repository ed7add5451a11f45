"""The searched ground cut into units, of cells or LSOAs, that together cover all of it and hold every incident."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse
from scipy.spatial import KDTree

from hotspots.analysis.density import CELL_M, density_surface
from hotspots.geo.grid import Grid, cell_keys
from hotspots.geo.points import DistinctPoints

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from hotspots.analysis.spots import Spots

MOST_FINE_CELLS = 400_000
"""Cells of a bounding box up to which a density is ordered at its own cells; a larger ground takes larger ones."""

_SAME_GROUND = 0.01


@dataclass(frozen=True)
class Searched:
    """What a backtest may know beside the incidents; nothing of it depends on a month."""

    months: pd.PeriodIndex
    """Months that the data hold for the area."""
    areas: gpd.GeoDataFrame
    """AREAS; those of the zone ``area``, all with data, are searched."""
    outline: BaseGeometry
    """Their outline, in the same metric CRS."""
    covered: BaseGeometry | None = None
    """Ground with data, where the area or its ring has ground without; none: everywhere."""


@dataclass(frozen=True)
class Units:
    """A full partition of the searched ground."""

    area_m2: npt.NDArray[np.float64]
    """Searchable ground of each unit, above 0, shape (u,)."""
    of_spot: npt.NDArray[np.int64]
    """Unit of each spot, shape (s,); -1: a spot of the ring, off the searched ground."""
    counts: sparse.csr_matrix
    """Incidents of the area and its ring by unit and month, shape (u, m), with the columns of the spots."""
    ids: npt.NDArray[np.int64]
    """Column and row of each cell, shape (u, 2), by column, then row; for LSOAs (0, 2)."""


class Terrain:
    """The searched ground and its units, each kind made once."""

    def __init__(self, spots: Spots, searched: Searched) -> None:
        self.spots, self.searched = spots, searched
        self._cells: dict[Grid, Units] = {}
        self._edges: dict[float, npt.NDArray[np.float64]] = {}

    def cells(self, grid: Grid) -> Units:
        """Return the cells that meet the outline, each with the ground inside it.

        An incident of the area whose cell lies beyond the outline, as one that its publisher put there can, counts
        for the nearest cell.

        Parameters
        ----------
        grid
            The cells.

        Returns
        -------
        Units
            By column, then row.

        Raises
        ------
        SettingsError
            The cells are too small for so large an area.
        """
        if grid not in self._cells:
            within = grid.cells_within(self.searched.outline)
            of_point = positions(cell_keys(within.ids), cell_keys(grid.cells_of(self.spots.xy)))
            of_spot = of_point[self.spots.point]
            lost = np.flatnonzero(self.spots.own & (of_spot < 0))
            if len(lost):
                nearest = KDTree(grid.centres(within.ids)).query(self.spots.xy[self.spots.point[lost]])[1]
                of_spot[lost] = np.asarray(nearest, dtype=np.int64)
            self._cells[grid] = self._units(within.share * grid.area_m2, of_spot, within.ids)
        return self._cells[grid]

    def lsoas(self) -> Units:
        """Return the LSOAs searched, by code; a row belongs to the LSOA it was joined to.

        Returns
        -------
        Units
            Those of the zone ``area``.

        Raises
        ------
        ValueError
            The LSOAs are not the ground of the outline.
        """
        areas = self.searched.areas
        own = areas[areas["zone"] == "area"].sort_index()
        area_m2 = shapely.area(own.geometry.to_numpy())
        if not math.isclose(area_m2.sum(), self.searched.outline.area, rel_tol=_SAME_GROUND):
            raise ValueError("the outline and the LSOAs searched must be of the same ground")
        return self._units(area_m2, self.spots.lsoa, np.zeros((0, 2), dtype=np.int64))

    @property
    def fine(self) -> Grid:
        """The cells at which a density is ordered: those of its surface, or larger ones of a larger ground."""
        west, south, east, north = self.searched.outline.bounds
        side = CELL_M
        while (east - west) * (north - south) > MOST_FINE_CELLS * side**2:
            side *= 2
        return Grid("square", side)

    def density(self, points: DistinctPoints, bandwidth_m: float | None) -> npt.NDArray[np.float64]:
        """Return the quartic kernel density at the centres of the fine cells.

        It is that of ``density_surface`` on the covered ground. Its edge correction depends on the bandwidth alone,
        not on the incidents: it is found once, from a surface of one incident per cell.

        Parameters
        ----------
        points
            Distinct points with weights.
        bandwidth_m
            Radius in metres; none: chosen.

        Returns
        -------
        ndarray
            Incidents per km², by the units of ``cells(fine)``.

        Raises
        ------
        SettingsError
            The bandwidth is no number above 0 or narrower than a cell, or the ground is too large.
        """
        centres = self.fine.centres(self.cells(self.fine).ids)
        surface = density_surface(points, bandwidth_m)
        score, covered, width = surface.at(centres), self.searched.covered, surface.bandwidth_m
        if covered is None:
            return score
        if width not in self._edges:
            even = DistinctPoints(centres, np.ones(len(centres), dtype=np.int64), np.arange(len(centres)))
            known, all_of_it = (density_surface(even, width, covered=ground).at(centres) for ground in (covered, None))
            self._edges[width] = known / all_of_it
        return np.asarray(score * self._edges[width])

    def mean_of_fine(self, value: npt.NDArray[np.float64], grid: Grid) -> npt.NDArray[np.float64]:
        """Return the mean over the searched ground of each cell, from values of the fine cells.

        Parameters
        ----------
        value
            By the units of ``cells(fine)``.
        grid
            Cells larger than the fine ones.

        Returns
        -------
        ndarray
            By the units of ``cells(grid)``; 0 for a sliver with no centre of a fine cell.
        """
        fine, cells = self.cells(self.fine), self.cells(grid)
        into = positions(cell_keys(cells.ids), cell_keys(grid.cells_of(self.fine.centres(fine.ids))))
        area_m2 = np.where(into >= 0, fine.area_m2, 0.0)
        total, of = (np.bincount(np.maximum(into, 0), values, len(cells.ids)) for values in (area_m2 * value, area_m2))
        return np.divide(total, of, out=np.zeros(len(of)), where=of > 0)

    def _units(
        self,
        area_m2: npt.NDArray[np.float64],
        of_spot: npt.NDArray[np.int64],
        ids: npt.NDArray[np.int64],
    ) -> Units:
        """Return units whose areas add up to the outline's, but for rounding."""
        spots = self.spots
        some = np.flatnonzero(of_spot >= 0)
        placed = sparse.csr_matrix(
            (np.ones(len(some), dtype=np.int64), (of_spot[some], some)), shape=(len(area_m2), len(of_spot))
        )
        counts = sparse.csr_matrix(placed @ spots.counts)
        # Whole counts, latest month first: units with the same months tie to the last bit.
        counts.sort_indices()
        return Units(area_m2 * (self.searched.outline.area / area_m2.sum()), of_spot, counts, ids)


def positions(keys: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the position of each wanted key among sorted distinct ones; -1 where it is not there."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)
