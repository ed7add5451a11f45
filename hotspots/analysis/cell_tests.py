"""Which equal cells are hot, cold or unlike their neighbours beyond chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from hotspots.analysis.area_tests import CORRECTIONS, LOCAL_COLUMNS, count_by_zone, local_columns, untested_columns
from hotspots.geo.grid import cell_keys
from hotspots.stats.local_counts import g_star_counts, local_moran_counts
from hotspots.tables import LOCATED, check
from hotspots.tables.cells import CELLS

if TYPE_CHECKING:
    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

    from hotspots.geo.grid import CellShares, Grid

MIN_SHARE = 0.5
"""A cell with less of its ground covered by the data is left out: its count is of a part, and would look low."""
MIN_CELLS = 30
"""With fewer cells a neighbourhood is a good part of all of them."""
MIN_MEAN = 1 / 30
"""Incidents a cell. With fewer, two in a cell and the six around it would already be hot before the correction:
chance still holds, but nothing is worth a visit."""


@dataclass(frozen=True)
class CellTests:
    """The cells with their tests, and what a reader must know of them."""

    cells: gpd.GeoDataFrame
    """CELLS of the area and its ring."""
    grid: Grid
    correction: Literal["bh", "none"]
    """For how many cells were tested."""
    n_partial: int
    """Cells left out because less than ``MIN_SHARE`` of their ground has data."""
    n_outside: int
    """Incidents in focus that lie in none of the cells tested."""
    islands: tuple[str, ...]
    """Cells that touch no other: they are hot or cold by their own count alone."""
    refused: str
    """Why no cell could be called hot or cold, a sentence; empty where they were tested."""

    def document(self) -> dict[str, Any]:
        """Return how the cells were tested, what was left out and what was found, ready for JSON."""
        return {
            "shape": self.grid.shape,
            "size_m": self.grid.size_m,
            "permutations": "all",
            "correction": CORRECTIONS[self.correction],
            **count_by_zone(self.cells),
            "islands": list(self.islands),
            "cells_left_out": self.n_partial,
            "least_share_with_data": MIN_SHARE,
            "incidents_left_out": self.n_outside,
            "refused": self.refused or None,
        }


def cell_tests(
    focus: gpd.GeoDataFrame,
    month: pd.Period,
    grid: Grid,
    covered: BaseGeometry,
    area: BaseGeometry,
    *,
    correction: Literal["bh", "none"] = "bh",
) -> CellTests:
    """Test of each cell whether it is hot or cold with those around it, and like or unlike them.

    Gi* (Ord and Getis 1995; binary weights, the cell included) and local Moran (Anselin 1995) of the counts, p
    of all permutations. Tested is that every cell could hold as many: streets are hot against parks, too.

    Parameters
    ----------
    focus
        LOCATED rows in focus of one window, of LSOAs with data in the area or its ring, in the grid's CRS.
    month
        The month of the run, for ``n_month``.
    grid
        The cells.
    covered
        Outline of the ground with data, area and ring together. A cell with at least ``MIN_SHARE`` of it
        counts as a whole, so that those at the edge look a little low; the others are left out.
    area
        Outline of the area with data. A cell is the area's where at least half of its covered ground is.
    correction
        ``bh`` for Benjamini and Hochberg (1995) over all cells of area and ring, ``none`` for none.

    Returns
    -------
    CellTests
        Of fewer than ``MIN_CELLS`` cells, or fewer than ``MIN_MEAN`` incidents a cell, nothing is told.

    Raises
    ------
    SettingsError
        The cells are too small for so large an area.
    """
    check(LOCATED, focus)
    shares = grid.cells_within(covered)
    whole = shares.share >= MIN_SHARE
    ids = shares.ids[whole]
    own = 2 * _share_in(grid.cells_within(area), ids) >= shares.share[whole]
    place = _places(ids, grid.cells_of(np.column_stack([focus.geometry.x, focus.geometry.y])))
    counted = _counted(grid, ids, place, (focus["month"] == month).to_numpy(), own)
    matrix, refused = adjoining(grid, ids), _refusal(grid, counted["n"])
    columns = _untested(counted.index) if refused else _tested(counted["n"], matrix, correction)
    cells = gpd.GeoDataFrame(counted.assign(**columns), geometry=grid.polygons(ids), crs=focus.crs)
    return CellTests(
        cells=check(CELLS, cells.sort_index()),
        grid=grid,
        correction=correction,
        n_partial=int((~whole).sum()),
        n_outside=int((place < 0).sum()),
        islands=tuple(sorted(counted.index[np.diff(matrix.indptr) == 0])),
        refused=refused,
    )


def _counted(
    grid: Grid,
    ids: npt.NDArray[np.int64],
    place: npt.NDArray[np.int64],
    of_month: npt.NDArray[np.bool_],
    own: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Return the cells with their zones and counts; ``place`` is the cell of each incident, -1 where it has none."""
    here = place >= 0
    columns = {
        "column": ids[:, 0],
        "row": ids[:, 1],
        "zone": np.where(own, "area", "ring"),
        "n": np.bincount(place[here], minlength=len(ids)),
        "n_month": np.bincount(place[here & of_month], minlength=len(ids)),
    }
    return pd.DataFrame(columns, index=pd.Index(grid.names(ids), dtype="str", name="cell_id")).astype({"zone": "str"})


def adjoining(grid: Grid, ids: npt.NDArray[np.int64]) -> sparse.csr_array:
    """Find which of some cells adjoin, from their columns and rows alone.

    Parameters
    ----------
    grid
        The cells: hexagons adjoin at their sides, squares at sides and corners.
    ids
        Column and row of each cell, shape (n, 2), no cell twice.

    Returns
    -------
    csr_array
        Shape (n, n), symmetric: 1.0 where two cells adjoin; the diagonal is empty.
    """
    around = grid.neighbours(ids)
    of = np.repeat(np.arange(len(ids)), around.shape[1])
    place = _places(ids, around.reshape(-1, 2))
    here = place >= 0
    return sparse.csr_array((np.ones(int(here.sum())), (of[here], place[here])), shape=(len(ids), len(ids)))


def _places(ids: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return where among the cells each of those wanted stands; -1: nowhere."""
    place = pd.Index(cell_keys(ids)).get_indexer(pd.Index(cell_keys(wanted)))
    return np.asarray(place, dtype=np.int64)


def _share_in(shares: CellShares, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the shares at some cells, 0 where there is none."""
    return np.append(shares.share, 0.0)[_places(shares.ids, ids)]


def _untested(key: pd.Index) -> dict[str, pd.Series]:
    columns = untested_columns(key)
    return {name: columns[name] for name in LOCAL_COLUMNS}


def _tested(n: pd.Series, matrix: sparse.csr_array, correction: Literal["bh", "none"]) -> dict[str, pd.Series]:
    return local_columns(g_star_counts(n, matrix), local_moran_counts(n, matrix), n.index, correction)


def _refusal(grid: Grid, n: pd.Series) -> str:
    """Return why nothing can be told of the cells; empty where it can."""
    if len(n) < MIN_CELLS:
        return f"No cell is called hot or cold: {len(n)} of {grid.size_m:g} m have data, and {MIN_CELLS} are needed."
    if n.sum() < MIN_MEAN * len(n):
        some = f"{n.sum():,} incident{'' if n.sum() == 1 else 's'}"
        return (
            f"No cell is called hot or cold: {some} on {len(n):,} cells of {grid.size_m:g} m are fewer than one to "
            f"{1 / MIN_MEAN:.0f}, and two close together would look hot; try larger cells, more months or LSOAs."
        )
    return ""
