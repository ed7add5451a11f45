"""Kernel density of incidents on a fine grid anchored to the national grid (Silverman 1986, chapter 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely
from scipy.signal import fftconvolve
from scipy.spatial import KDTree

from hotspots.analysis.kernels import GridPoints, Kernel, kernel_of, kernel_sum
from hotspots.errors import SettingsError
from hotspots.geo.grid import Grid

if TYPE_CHECKING:
    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

    from hotspots.geo.points import DistinctPoints

KERNELS = ("quartic", "gaussian")
CELL_M = 25.0
"""Side of a cell where none is named."""
NARROWEST_M, WIDEST_M = 100.0, 300.0
"""Bounds of a chosen radius: a single place stays wide enough to walk to, a town is not one blur."""
MOST_CELLS = 20_000_000

_NEIGHBOUR = 5
_SQUARE_M = 25.0
_LEAST_MASS = 0.25
"""An edge never lifts the density more than fourfold, as in a right-angled corner."""
_M2_PER_KM2 = 1e6


@dataclass(frozen=True, slots=True)
class Surface:
    """Density at the centres of square cells."""

    density: npt.NDArray[np.float64]
    """Incidents per km² in the window, shape (rows, columns), the south-west first; without points (0, 0)."""
    origin: tuple[int, int]
    """Column and row of the first cell in ``Grid("square", cell_m)``."""
    cell_m: float
    """Side of a cell in metres."""
    kernel: str
    """One of ``KERNELS``."""
    bandwidth_m: float
    """Quartic: the radius at which the kernel ends. Gaussian: the standard deviation."""
    chosen: bool
    """The bandwidth was chosen by ``choose_bandwidth``; else it was set."""
    covered: BaseGeometry | None
    """Where there are data; none: everywhere."""

    def at(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the density at any place, straight between the centres of cells.

        Parameters
        ----------
        xy
            Coordinates in metres, shape (n, 2).

        Returns
        -------
        ndarray
            Incidents per km², shape (n,), 0 beyond the grid. Each square of four centres is two
            triangles, parted by the line from the south-west to the north-east.
        """
        corner, weight = self.corners(xy)
        return np.asarray(
            (self.density.ravel()[corner] * weight).sum(axis=1) if self.density.size else np.zeros(len(xy))
        )

    def corners(self, xy: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return the triangle of cell centres around each place.

        Parameters
        ----------
        xy
            Coordinates in metres, shape (n, 2).

        Returns
        -------
        corner
            Positions in the flattened density, shape (n, 3).
        weight
            Weights of the three, shape (n, 3): they add up to 1, and are 0 beyond the grid.
        """
        rows, columns = self.density.shape
        place = np.asarray(xy, dtype=np.float64).reshape(-1, 2) / self.cell_m - 0.5
        floor = np.floor(place)
        east, north = (place - floor).T
        column, row = (floor.astype(np.int64) - self.origin).T
        inside = (column >= 0) & (row >= 0) & (column < columns - 1) & (row < rows - 1)
        first = np.where(inside, row * columns + column, 0)
        below = north <= east
        corner = np.column_stack([first, first + np.where(below, 1, columns), first + columns + 1])
        weight = np.column_stack([1 - np.maximum(east, north), np.abs(east - north), np.minimum(east, north)])
        return np.where(inside[:, None], corner, 0), weight * inside[:, None]


class CellOrder(NamedTuple):
    """Cells, the densest first."""

    ids: npt.NDArray[np.int64]
    """Column and row in the grid, shape (k, 2)."""
    centres: npt.NDArray[np.float64]
    """Metres, shape (k, 2)."""
    score: npt.NDArray[np.float64]
    """Density at the centre in incidents per km², shape (k,)."""
    share: npt.NDArray[np.float64]
    """Share of each cell's area inside the polygon, shape (k,)."""


def choose_bandwidth(points: DistinctPoints, kernel: Literal["quartic", "gaussian"] = "quartic") -> float:
    """Choose a bandwidth from how far apart the places with incidents lie.

    The distance from a place to its fifth neighbour, at the median of the incidents, after the k-nearest
    neighbour rule of Williamson et al. (1998). A place is an occupied square of 25 m, so that points that
    differ by little are one place: however the data pile up, the bandwidth cannot collapse. Rules from the
    spread of all points (Silverman, Scott) measure the size of the town and blur its streets.

    Parameters
    ----------
    points
        Distinct points in a metric CRS, with weights.
    kernel
        One of ``KERNELS``.

    Returns
    -------
    float
        Metres: the radius of a quartic kernel, between ``NARROWEST_M`` and ``WIDEST_M``; for a Gaussian
        the standard deviation that spreads as wide.

    Raises
    ------
    SettingsError
        The kernel is not known.
    """
    _check_kernel(kernel)
    radius = NARROWEST_M
    squares, back = np.unique(np.floor(points.xy / _SQUARE_M), axis=0, return_inverse=True)
    if len(squares) > 1:
        rank = min(_NEIGHBOUR, len(squares) - 1)
        apart = np.asarray(KDTree(squares).query(squares, [rank + 1])[0])[:, 0] * _SQUARE_M
        weight = np.bincount(back.reshape(-1), weights=points.weight)
        order = np.argsort(apart, kind="stable")
        half = np.searchsorted(weight[order].cumsum(), weight.sum() / 2)
        radius = float(np.clip(apart[order][half], NARROWEST_M, WIDEST_M))
    return kernel_of(kernel, radius).bandwidth


def density_surface(
    points: DistinctPoints,
    bandwidth_m: float | None = None,
    *,
    kernel: Literal["quartic", "gaussian"] = "quartic",
    cell_m: float = CELL_M,
    covered: BaseGeometry | None = None,
) -> Surface:
    """Estimate the density of incidents.

    Parameters
    ----------
    points
        Distinct points in a metric CRS, with weights.
    bandwidth_m
        Quartic: radius; Gaussian: standard deviation. None: ``choose_bandwidth``.
    kernel
        ``quartic`` (biweight) or ``gaussian``.
    cell_m
        Side of a cell in metres.
    covered
        Polygon with all places for which there are data. Near its edge the density is divided by the share
        of the kernel inside (Diggle 1985), which makes up for what lies beyond and is not known; never by
        less than a quarter. None: there is nothing unknown, and the surface holds as many incidents as
        there are.

    Returns
    -------
    Surface
        As far as the kernels reach. Beyond ``covered`` the density goes on for one cell, so that a
        contour can be drawn up to the edge, and is 0 from there on.

    Raises
    ------
    SettingsError
        The kernel is not known, the bandwidth is no number above 0 or narrower than a cell, or the grid
        would be too large.
    """
    _check_kernel(kernel)
    Grid("square", cell_m)  # refuses what is no size
    chosen = bandwidth_m is None
    bandwidth = choose_bandwidth(points, kernel) if bandwidth_m is None else float(bandwidth_m)
    scaled = Kernel(kernel, bandwidth / cell_m)
    if not 1 <= scaled.radius <= MOST_CELLS:
        raise SettingsError(
            f"The bandwidth of the density must be at least {kernel_of(kernel, cell_m).bandwidth:g} m "
            f"on cells of {cell_m:g} m, not {bandwidth!r}; choose a wider one or smaller cells."
        )
    if not len(points.xy):
        return Surface(np.zeros((0, 0)), (0, 0), cell_m, kernel, bandwidth, chosen, covered)
    on_grid, origin, shape = _framed(points, cell_m, scaled.margin)
    density = kernel_sum(on_grid, scaled, shape) / cell_m**2 * _M2_PER_KM2
    if covered is not None:
        density = _edge_corrected(density, origin, scaled, cell_m, covered)
    return Surface(density, origin, cell_m, kernel, bandwidth, chosen, covered)


def order_cells(surface: Surface, grid: Grid, within: BaseGeometry) -> CellOrder:
    """Put all cells of a polygon in the order of their density, to be compared at equal area.

    Parameters
    ----------
    surface
        The density.
    grid
        Cells of any shape and size, in the same CRS; at the cells of the surface itself the score is
        exact, elsewhere it lies straight between them.
    within
        Polygon of the area.

    Returns
    -------
    CellOrder
        Every cell that meets the polygon, the densest first, equal ones by column and row.

    Raises
    ------
    SettingsError
        The cells are too small for so large a polygon.
    """
    cells = grid.cells_within(within)
    centres = grid.centres(cells.ids)
    score = surface.at(centres)
    order = np.argsort(-score, kind="stable")
    return CellOrder(cells.ids[order], centres[order], score[order], cells.share[order])


def _check_kernel(kernel: str) -> None:
    if kernel not in KERNELS:
        raise SettingsError(f"The kernel of the density is {' or '.join(KERNELS)}, not {kernel!r}.")


def _framed(points: DistinctPoints, cell_m: float, margin: int) -> tuple[GridPoints, tuple[int, int], tuple[int, int]]:
    """Return the points on a grid that leaves a margin around them, its first cell, and its rows and columns."""
    place = points.xy / cell_m
    cell = np.floor(place)
    first, last = cell.min(axis=0) - margin, cell.max(axis=0) + margin
    columns, rows = (int(size) for size in last - first + 1)
    if rows * columns > MOST_CELLS:
        raise SettingsError(
            f"The density would need {rows * columns:,} cells of {cell_m:g} m; choose larger cells or a smaller area."
        )
    on_grid = GridPoints((cell - first).astype(np.int64), place - cell - 0.5, points.weight.astype(np.float64))
    return on_grid, (int(first[0]), int(first[1])), (rows, columns)


def _edge_corrected(
    density: npt.NDArray[np.float64],
    origin: tuple[int, int],
    kernel: Kernel,
    cell_m: float,
    covered: BaseGeometry,
) -> npt.NDArray[np.float64]:
    """Divide by the kernel's mass inside the covered polygon; 0 more than a cell beyond it."""
    (rows, columns), reach = density.shape, kernel.reach
    west, south = origin[0] - reach, origin[1] - reach
    box = np.array([west, south, origin[0] + columns + reach, origin[1] + rows + reach]) * cell_m
    cells = Grid("square", cell_m).cells_within(shapely.intersection(covered, shapely.box(*box)))
    share = np.zeros((rows + 2 * reach, columns + 2 * reach))
    share[cells.ids[:, 1] - south, cells.ids[:, 0] - west] = cells.share
    stamp = kernel.stamp()
    mass = fftconvolve(share, stamp / stamp.sum(), mode="valid")
    around = share[reach - 1 : reach + rows + 1, reach - 1 : reach + columns + 1]
    known = np.lib.stride_tricks.sliding_window_view(around > 0, (3, 3)).any(axis=(2, 3))
    # Beyond the edge as much is taken for inside as at the mirror image: no place may rise further outside.
    least = np.where(around[1:-1, 1:-1] >= 1 / 2, _LEAST_MASS, 1 - mass)
    return np.where(known, density / np.minimum(np.maximum(mass, least), 1.0), 0.0)
