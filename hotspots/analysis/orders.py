"""Every method, with each of its parameters, puts the whole ground in order, so that all compare at equal area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import shapely

from hotspots.analysis.clusters import find_clusters, part_grounds
from hotspots.analysis.methods import grid_of
from hotspots.geo.grid import Grid, cell_keys
from hotspots.geo.points import DistinctPoints

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from hotspots.analysis.spots import Spots
    from hotspots.analysis.units import Terrain
    from hotspots.settings import Hotspots

CELL_SIZES_M = (100.0, 150.0, 250.0)
HALF_LIVES_MONTHS = (6.0, 12.0, 24.0)
WINDOWS_MONTHS = (12, 36)
BANDWIDTHS_M = (None, 150.0, 300.0)
YEAR = 12
"""Months of the plain count that every method has to beat."""

_LEAST_M2 = 1e-6
"""Ground left of a cell that a cluster covers, so that no incident is without ground."""


@dataclass(frozen=True)
class Order:
    """The whole searched ground, in units of a method's own, by how soon it would be searched."""

    score: npt.NDArray[np.float64]
    """Shape (u,): higher is sooner, equal is a tie."""
    area_m2: npt.NDArray[np.float64]
    """Ground of each unit, above 0, shape (u,); the sum is that of the outline."""
    of_spot: npt.NDArray[np.int64]
    """Unit of each spot, shape (s,); -1 for spots of the ring off the searched ground."""
    per_month: npt.NDArray[np.float64] | None = None
    """The area's own incidents that the method expects in a month, shape (u,); none: it only ranks."""
    filled_from_m2: float | None = None
    """Ground that the method itself put in order; what comes after was filled up. None: all of it."""
    own_best: bool = False
    """PEI is by the best order of these units; else by that of the cells that are set."""

    def filled_share(self, share_of_area: float) -> float:
        """Return the share of the first ground, up to a share of the area, that was filled up."""
        if self.filled_from_m2 is None:
            return 0.0
        return max(0.0, 1.0 - self.filled_from_m2 / (share_of_area * float(self.area_m2.sum())))


class Candidate(Protocol):
    """A method with its parameters."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    @property
    def baseline(self) -> bool:
        """True for what every other candidate has to beat."""

    def order(self, terrain: Terrain, origin: pd.Period) -> Order:
        """Put the ground in order, knowing no month after the origin."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Equal cells by their incidents, older ones for less."""

    grid: Grid
    months: int
    """Months counted, as far as they are held."""
    half_life_months: float | None = None
    """None: every incident counts one."""

    @property
    def name(self) -> str:
        """Size and memory."""
        size = f"cells {self.grid.size_m:g} m"
        if self.half_life_months is not None:
            return f"{size}, half-life {self.half_life_months:g}"
        return f"{size}, last month" if self.months == 1 else f"{size}, {self.months}-month count"

    @property
    def baseline(self) -> bool:
        """The plain counts of twelve months and of one."""
        return self.half_life_months is None and self.months in {1, YEAR}

    def order(self, terrain: Terrain, origin: pd.Period) -> Order:
        """Order the cells by the score of ``cells.rank_cells``."""
        units = terrain.cells(self.grid)
        weights = terrain.spots.weights(origin, self.months, self.half_life_months)
        per_month = _per_month(terrain.spots, weights, units.of_spot, len(units.area_m2))
        return Order(units.counts @ weights, units.area_m2, units.of_spot, per_month, own_best=True)


@dataclass(frozen=True, slots=True)
class Density:
    """Cells by the quartic kernel density."""

    bandwidth_m: float | None
    """Radius; none: chosen at each origin."""
    months: int
    grid: Grid | None = None
    """None: the fine cells of the surface itself."""
    baseline: bool = False

    @property
    def name(self) -> str:
        """The bandwidth, and the cells unless they are the fine ones."""
        width = "density, quartic, chosen bandwidth" if self.bandwidth_m is None else f"density {self.bandwidth_m:g} m"
        return width if self.grid is None else f"{width}, cells {self.grid.size_m:g} m"

    def order(self, terrain: Terrain, origin: pd.Period) -> Order:
        """Order the fine cells by the density at their centres, larger ones by its mean over their ground.

        As drawn, the method knows no cells; but small ones flatter it on snapped points, as they do counts, so that
        it is compared with counts on cells of one size.
        """
        points, _ = _points(terrain.spots, terrain.spots.weights(origin, self.months))
        score, units = terrain.density(points, self.bandwidth_m), terrain.cells(self.grid or terrain.fine)
        score = score if self.grid is None else terrain.mean_of_fine(score, self.grid)
        return Order(score, units.area_m2, units.of_spot)


@dataclass(frozen=True, slots=True)
class Clusters:
    """Clusters by incidents per hectare of ground, then what is left of the cells by plain count."""

    settings: Hotspots
    baseline: bool = False

    @property
    def name(self) -> str:
        """Clusters have one set of parameters, that of the settings."""
        return "clusters"

    def order(self, terrain: Terrain, origin: pd.Period) -> Order:
        """Order the grounds that a run would draw, and after them the cells of the settings, cut by the grounds."""
        spots, outline, months = terrain.spots, terrain.searched.outline, self.settings.window_months
        weights = spots.weights(origin, months)
        points, own = _points(spots, weights)
        found = find_clusters(points, own, self.settings, months, outline.area)
        grounds = part_grounds(found.clusters, points)
        inside = [(ground, part) for ground in grounds if (part := shapely.intersection(ground, outline)).area > 0]
        grid = grid_of(self.settings)
        units = terrain.cells(grid)
        on_ground = _first_ground([ground for ground, _ in inside], spots.xy)[spots.point]
        of_spot = np.where(on_ground >= 0, on_ground, np.where(units.of_spot < 0, -1, units.of_spot + len(inside)))
        n = _totals(of_spot, spots.counts @ weights, len(inside) + len(units.area_m2))
        left = units.area_m2.copy()
        for _, part in inside:
            taken = grid.cells_within(part)
            at = np.searchsorted(cell_keys(units.ids), cell_keys(taken.ids))
            left[at] -= taken.share * grid.area_m2
        ground_m2 = np.array([part.area for _, part in inside])
        per_ha = n[: len(inside)] / np.array([ground.area for ground, _ in inside]) * 1e4
        rest = n[len(inside) :]
        # Every cluster comes before every cell.
        score = np.concatenate([per_ha + rest.max() + 1.0, rest])
        area_m2 = np.concatenate([ground_m2, np.maximum(left, _LEAST_M2)])
        per_month = _per_month(spots, weights, of_spot, len(score))
        return Order(score, area_m2, of_spot, per_month, float(ground_m2.sum()))


@dataclass(frozen=True, slots=True)
class Lsoas:
    """LSOAs by incidents for their size."""

    months: int
    baseline: bool = False

    @property
    def name(self) -> str:
        """The rate."""
        return "lsoa per km²"

    def order(self, terrain: Terrain, origin: pd.Period) -> Order:
        """Order the LSOAs searched."""
        units, weights = terrain.lsoas(), terrain.spots.weights(origin, self.months)
        per_month = _per_month(terrain.spots, weights, units.of_spot, len(units.area_m2))
        return Order(units.counts @ weights / units.area_m2, units.area_m2, units.of_spot, per_month)


@dataclass(frozen=True, slots=True)
class Random:
    """All ground tied: what any order is worth by chance, exactly."""

    grid: Grid
    baseline: bool = True

    @property
    def name(self) -> str:
        """Chance."""
        return "random"

    def order(self, terrain: Terrain, origin: pd.Period) -> Order:  # noqa: ARG002 - chance knows no month
        """Order nothing."""
        units = terrain.cells(self.grid)
        return Order(np.zeros(len(units.area_m2)), units.area_m2, units.of_spot)


def candidates(settings: Hotspots, cell_sizes_m: Sequence[float] = CELL_SIZES_M) -> tuple[Candidate, ...]:
    """Return every method with the parameters worth trying, the baselines among them.

    Parameters
    ----------
    settings
        ``[hotspots]``: what it sets is among the candidates.
    cell_sizes_m
        Sizes of cells; that of the settings is added.

    Returns
    -------
    tuple
        Candidates of distinct names: cells by size, density, clusters, LSOAs, chance.

    Raises
    ------
    SettingsError
        A size is out of range.
    """
    window, history = settings.window_months, max(settings.history_months, settings.window_months)
    half_lives = {*HALF_LIVES_MONTHS, *([settings.half_life_months] if settings.half_life_months else [])}
    counted = {window, *(months for months in WINDOWS_MONTHS if months <= max(history, YEAR))}
    found: list[Candidate] = []
    for size in sorted({float(size) for size in (*cell_sizes_m, settings.cell_m)}):
        grid = grid_of(settings, size)
        found += [Cells(grid, history, half_life) for half_life in sorted(half_lives)]
        found += [Cells(grid, months) for months in sorted({1, *counted})]
    bandwidths = dict.fromkeys((*BANDWIDTHS_M, settings.bandwidth_m))
    found += [Density(bandwidth, window, grid) for grid in (None, grid_of(settings)) for bandwidth in bandwidths]
    found += [Clusters(settings), Lsoas(window), Random(grid_of(settings))]
    return tuple(found)


def as_set(settings: Hotspots) -> Candidate:
    """Return the candidate that orders the ground as the settings draw hotspots.

    Parameters
    ----------
    settings
        ``[hotspots]``.

    Returns
    -------
    Candidate
        One of ``candidates(settings)``.
    """
    window, half_life = settings.window_months, settings.half_life_months or None
    months = window if half_life is None else max(settings.history_months, window)
    made: dict[str, Candidate] = {
        "cells": Cells(grid_of(settings), months, half_life),
        "clusters": Clusters(settings),
        "density": Density(settings.bandwidth_m, window),
        "lsoa": Lsoas(window),
    }
    return made[settings.method]


def _points(spots: Spots, weights: npt.NDArray[np.float64]) -> tuple[DistinctPoints, npt.NDArray[np.int64]]:
    """Return the coordinates with an incident in training, and the area's own incidents at each."""
    n = (spots.counts @ weights).astype(np.int64)
    every = _totals(spots.point, n, len(spots.xy)).astype(np.int64)
    own = _totals(spots.point, np.where(spots.own, n, 0), len(spots.xy)).astype(np.int64)
    there = np.flatnonzero(every)
    weight = every[there]
    return DistinctPoints(spots.xy[there], weight, np.repeat(np.arange(len(there)), weight)), own[there]


def _totals(unit: npt.NDArray[np.int64], n: npt.NDArray[np.generic], units: int) -> npt.NDArray[np.float64]:
    """Return the sum of ``n`` of each unit; what lies in none (-1) is left out."""
    return np.bincount(unit[unit >= 0], weights=n[unit >= 0], minlength=units).astype(np.float64)


def _per_month(
    spots: Spots,
    weights: npt.NDArray[np.float64],
    unit: npt.NDArray[np.int64],
    units: int,
) -> npt.NDArray[np.float64]:
    """Return the area's own incidents of an average month of training in each unit."""
    n = np.where(spots.own, spots.counts @ weights, 0.0)
    return _totals(unit, n, units) / float(weights.sum())


def _first_ground(grounds: list[BaseGeometry], xy: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the first ground that holds each point, which are sorted by x; -1: none."""
    of_point = np.full(len(xy), -1, dtype=np.int64)
    for number in reversed(range(len(grounds))):
        west, _, east, _ = grounds[number].bounds
        near = slice(*np.searchsorted(xy[:, 0], [west, np.nextafter(east, np.inf)]))
        of_point[near][shapely.intersects_xy(grounds[number], xy[near])] = number
    return of_point
