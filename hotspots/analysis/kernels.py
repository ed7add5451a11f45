"""Sums of quartic or Gaussian kernels at the centres of square cells, exact or by FFT.

The sum over all points is taken as it stands. Only where that would take long (many points under a kernel
of many cells) is it kept for the heaviest points; the others are shared out to the grid and convolved.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.signal import fftconvolve

if TYPE_CHECKING:
    import numpy.typing as npt

_GAUSSIAN_PER_QUARTIC = 1 / math.sqrt(8)
"""A quartic kernel of radius h and a Gaussian of this times h spread alike: the variance per axis is h²/8."""
_GAUSSIAN_END = 5.0
"""Standard deviations, per axis, that a Gaussian is followed to: about a millionth of it lies beyond."""
_SUMMED_TERMS = 25_000_000
"""Terms of the direct sum: what takes some tenths of a second."""
_CHUNK_TERMS = 2_000_000
_SMOOTH_CELLS = {"quartic": 10.0, "gaussian": 3.0}
"""Bandwidth, in cells, below which a kernel on the grid is too coarse to stand for the kernel."""
_SHARED_CELLS = 2
"""How far, in cells, a point is shared out."""
_NOISE = 1e-12


class Kernel(NamedTuple):
    """A kernel on a grid."""

    name: Literal["quartic", "gaussian"]
    bandwidth: float
    """In cells. Quartic: the radius at which it ends; Gaussian: the standard deviation."""

    @property
    def radius(self) -> float:
        """Radius in cells of the quartic kernel that spreads as wide."""
        return self.bandwidth if self.name == "quartic" else self.bandwidth / _GAUSSIAN_PER_QUARTIC

    @property
    def reach(self) -> int:
        """Cells to each side of a point's own at whose centres the kernel is taken; beyond, it is 0."""
        return math.ceil(self.bandwidth * (1.0 if self.name == "quartic" else _GAUSSIAN_END) + 0.5)

    @property
    def margin(self) -> int:
        """Cells to each side of a point's own such that the outermost are 0 whichever way the sum is taken."""
        return self.reach + _SHARED_CELLS

    @property
    def peak(self) -> float:
        """Value at the centre, per cell: the kernel has the volume 1."""
        return (3 / math.pi if self.name == "quartic" else 1 / (2 * math.pi)) / self.bandwidth**2

    def stamp(self) -> npt.NDArray[np.float64]:
        """Return the kernel of height 1 at the centres around its own, shape (2 reach + 1, 2 reach + 1)."""
        steps = np.arange(-self.reach, self.reach + 1.0)[None, :]
        return np.asarray(self.heights(steps, steps)[0])

    def heights(self, east: npt.NDArray[np.float64], north: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return kernels of height 1 at offsets in cells, shapes (n, columns) and (n, rows), as (n, rows, columns)."""
        across, up = east / self.bandwidth, north / self.bandwidth
        if self.name == "quartic":
            left = 1 - up[:, :, None] ** 2 - across[:, None, :] ** 2
            np.maximum(left, 0, out=left)
            return np.asarray(np.square(left, out=left))
        one, other = np.exp(-(up**2) / 2), np.exp(-(across**2) / 2)
        return np.asarray(one[:, :, None] * other[:, None, :])


def kernel_of(name: Literal["quartic", "gaussian"], radius: float) -> Kernel:
    """Return the kernel that spreads as wide as a quartic one of a radius, in the units of the radius."""
    return Kernel(name, radius if name == "quartic" else radius * _GAUSSIAN_PER_QUARTIC)


class GridPoints(NamedTuple):
    """Weighted points on a grid."""

    cell: npt.NDArray[np.int64]
    """Column and row of each point's cell, shape (n, 2)."""
    offset: npt.NDArray[np.float64]
    """From the centre of that cell, in cells, -0.5 to below 0.5, shape (n, 2)."""
    weight: npt.NDArray[np.float64]

    def some(self, positions: npt.NDArray[np.int64]) -> GridPoints:
        """Return the points at some positions."""
        return GridPoints(self.cell[positions], self.offset[positions], self.weight[positions])


def kernel_sum(points: GridPoints, kernel: Kernel, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Sum the kernels of all points at the centre of every cell.

    Parameters
    ----------
    points
        Points no nearer than ``kernel.margin`` cells to an edge of the grid.
    kernel
        The kernel, its bandwidth in cells.
    shape
        Rows and columns of the grid.

    Returns
    -------
    ndarray
        Weight per cell, shape (rows, columns), never below 0.
    """
    count = len(points.weight)
    exact = count if kernel.bandwidth < _SMOOTH_CELLS[kernel.name] else _SUMMED_TERMS // (2 * kernel.reach + 1) ** 2
    by_weight = np.argsort(-points.weight, kind="stable")
    total = _summed(points.some(by_weight[:exact]), kernel, shape)
    if exact < count:
        total += _convolved(points.some(by_weight[exact:]), kernel, shape)
    return total * kernel.peak


def _summed(points: GridPoints, kernel: Kernel, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return the plain sum of kernels of height 1."""
    steps = np.arange(-kernel.reach, kernel.reach + 1)
    total = np.zeros(shape[0] * shape[1])
    chunks = math.ceil(len(points.weight) * len(steps) ** 2 / _CHUNK_TERMS)
    for positions in np.array_split(np.arange(len(points.weight)), max(chunks, 1)):
        some = points.some(positions)
        east, north = (steps - offset[:, None] for offset in some.offset.T)
        column, row = (steps + cell[:, None] for cell in some.cell.T)
        heights = kernel.heights(east, north) * some.weight[:, None, None]
        cells = row[:, :, None] * shape[1] + column[:, None, :]
        total += np.bincount(cells.ravel(), weights=heights.ravel(), minlength=len(total))
    return total.reshape(shape)


def _convolved(points: GridPoints, kernel: Kernel, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return nearly the same: each point shared out to the 4 by 4 centres around it, and one convolution."""
    shared = np.zeros(shape[0] * shape[1])
    columns, rows = (_cubic(points.cell[:, axis], points.offset[:, axis]) for axis in (0, 1))
    for row, north in rows:
        for column, east in columns:
            weights = points.weight * north * east
            shared += np.bincount(row * shape[1] + column, weights=weights, minlength=len(shared))
    total = fftconvolve(shared.reshape(shape), kernel.stamp(), mode="same")
    total[total < _NOISE * total.max()] = 0.0
    return np.asarray(total, dtype=np.float64)


def _cubic(
    cell: npt.NDArray[np.int64],
    offset: npt.NDArray[np.float64],
) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
    """Return the four cells around each offset on one axis, and Lagrange's weights, exact for any cubic."""
    west = offset < 0
    first = cell - west - 1
    t = offset + west
    weights = [
        -t * (t - 1) * (t - 2) / 6,
        (t + 1) * (t - 1) * (t - 2) / 2,
        -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    ]
    return [(first + step, weight) for step, weight in enumerate(weights)]
