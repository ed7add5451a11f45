"""One interface, several methods: every method draws grounds and says whose incidents they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import shapely

from hotspots.analysis.budget import affordable, budget_of
from hotspots.analysis.cells import Memory, merge_cells, rank_cells
from hotspots.analysis.clusters import fewest, find_clusters, part_grounds
from hotspots.analysis.contours import find_contours
from hotspots.analysis.density import density_surface
from hotspots.geo.grid import Grid, cell_keys
from hotspots.geo.points import distinct_points

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from hotspots.geo.grid import CellShares
    from hotspots.settings import Hotspots


@dataclass(frozen=True)
class Surroundings:
    """What a method may know beside the incidents of the window."""

    history: gpd.GeoDataFrame
    """LOCATED rows in focus of all months up to the last of the window, in the area or its ring."""
    window: pd.PeriodIndex
    """Months of the window that the data hold; the last one is the month of the run."""
    areas: gpd.GeoDataFrame
    """AREAS; those of the zone ``area`` with data are searched."""
    outline: BaseGeometry
    """Outline of the searched area."""
    covered: BaseGeometry | None = None
    """Ground with data, where the area or its ring has ground without; none: everywhere."""
    cells: CellShares | None = None
    """The cells of the settings on the outline, where they were found before; of many months they are the same."""


@dataclass(frozen=True)
class Drawn:
    """What a method drew, highest rank first."""

    grounds: list[BaseGeometry]
    """Polygon or MultiPolygon of each place; none overlap."""
    of_row: npt.NDArray[np.int64]
    """Position in ``grounds`` of the place each incident of the window lies in; -1: in none."""
    cores: list[npt.NDArray[np.int64]]
    """Rows of the window among which the middle of each place is looked for."""
    minima: list[int]
    """Fewest incidents that made each place one."""
    parameters: dict[str, Any]
    """What was set and what was chosen, ready for the manifest."""


def draw(focus: gpd.GeoDataFrame, around: Surroundings, settings: Hotspots) -> Drawn:
    """Draw hotspots by the method of the settings.

    Parameters
    ----------
    focus
        LOCATED rows in focus, of one window, in the area or its ring, in a metric CRS.
    around
        History, months and areas.
    settings
        ``[hotspots]``.

    Returns
    -------
    Drawn
        As many places as the budget reaches, the area's own, each with enough incidents.
    """
    return _METHODS[settings.method](focus, around, settings)


def _clusters(focus: gpd.GeoDataFrame, around: Surroundings, settings: Hotspots) -> Drawn:
    """Join incident locations that lie close together (DBSCAN, cut by density)."""
    points = distinct_points(focus.geometry)
    own = np.bincount(points.row_point, weights=focus["zone"] == "area", minlength=len(points.xy)).astype(np.int64)
    clustering = find_clusters(points, own, settings, len(around.window), around.outline.area)
    grounds = part_grounds(clustering.clusters, points)
    of_point = np.full(len(points.xy), -1, dtype=np.int64)
    for number in reversed(range(len(grounds))):
        of_point[shapely.intersects_xy(grounds[number], points.xy)] = number
    return Drawn(
        grounds,
        of_point[points.row_point],
        [np.flatnonzero(np.isin(points.row_point, cluster.members)) for cluster in clustering.clusters],
        [cluster.min_incidents for cluster in clustering.clusters],
        {
            "radius_m": clustering.radius_m,
            "radius_chosen": clustering.chosen,
            "radii_tried": [
                {"radius_m": radius, "hotspots": count, "incidents": held} for radius, count, held in clustering.tried
            ],
            "min_incidents_chosen": settings.min_incidents is None,
        },
    )


def _density(focus: gpd.GeoDataFrame, around: Surroundings, settings: Hotspots) -> Drawn:
    """Draw contours of the kernel density."""
    if focus.empty:
        return Drawn([], np.array([], dtype=np.int64), [], [], {"bandwidth_m": None, "bandwidth_chosen": True})
    points = distinct_points(focus.geometry)
    own = np.bincount(points.row_point, weights=focus["zone"] == "area", minlength=len(points.xy)).astype(np.int64)
    surface = density_surface(points, settings.bandwidth_m, covered=around.covered)
    budget = budget_of(settings)
    months, area_m2 = len(around.window), around.outline.area
    found = find_contours(points, own, surface, settings, months, budget=budget, area_m2=area_m2)
    of_point = np.full(len(points.xy), -1, dtype=np.int64)
    for number, contour in enumerate(found.contours):
        of_point[contour.members] = number
    of_row = of_point[points.row_point]
    return Drawn(
        [contour.ground for contour in found.contours],
        of_row,
        [np.flatnonzero(of_row == number) for number in range(len(found.contours))],
        [fewest(settings, months)] * len(found.contours),
        {"kernel": surface.kernel, "bandwidth_m": surface.bandwidth_m, "bandwidth_chosen": surface.chosen},
    )


def _cells(focus: gpd.GeoDataFrame, around: Surroundings, settings: Hotspots) -> Drawn:
    """Rank equal cells by their history, older incidents for less, and join the top ones."""
    grid = grid_of(settings)
    history, last = around.history, around.window[-1]
    back = (last.ordinal - history["month"].astype("int64")).to_numpy()
    recent = back < settings.history_months
    history, back = history[recent], back[recent]
    window = last.ordinal - around.window[0].ordinal + 1
    memory = Memory(window, max(settings.history_months, window), settings.half_life_months or None)
    own = (history["zone"] == "area").to_numpy()
    ids = grid.cells_of(_xy(history))
    searched = grid.cells_within(around.outline) if around.cells is None else around.cells
    ranked = rank_cells(grid, searched, ids, back, own, memory)
    least = fewest(settings, len(around.window))
    top = settings.cells_top_share
    found = merge_cells(grid, ranked, budget_of(settings), least, settings.cells_max_width_m, top)
    number_of = dict(
        zip(cell_keys(ranked.loc[found.cells.index, ["column", "row"]].to_numpy()), found.cells, strict=True)
    )
    keys = cell_keys(grid.cells_of(_xy(focus))) if len(focus) else np.array([], dtype=np.int64)
    of_row = np.array([number_of.get(key, -1) for key in keys], dtype=np.int64)
    months = int(back.max()) + 1 if len(back) else 0
    return Drawn(
        found.grounds,
        of_row,
        [np.flatnonzero(of_row == number) for number in range(len(found.grounds))],
        [least] * len(found.grounds),
        {"months_of_history": months, "cells_down_to": found.n_selected, "cells_of_hotspots": len(found.cells)},
    )


def grid_of(settings: Hotspots, size_m: float | None = None) -> Grid:
    """Return the cells of the settings, or cells of their shape and another size.

    Parameters
    ----------
    settings
        ``[hotspots]``.
    size_m
        Size of a cell; none: that of the settings.

    Returns
    -------
    Grid
        The cells.
    """
    shape = cast("Literal['hexagon', 'square']", settings.cell_shape)
    return Grid(shape, settings.cell_m if size_m is None else float(size_m))


def _lsoas(focus: gpd.GeoDataFrame, around: Surroundings, settings: Hotspots) -> Drawn:
    """Take the LSOAs with most incidents for their size."""
    own = around.areas[around.areas["zone"] == "area"]
    n = focus["lsoa_code"].value_counts().reindex(own.index, fill_value=0)
    least = fewest(settings, len(around.window))
    rate = (n / own["area_km2"])[n >= least]
    # The index is sorted, so that of equal rates the smaller code comes first.
    ordered = rate.sort_values(ascending=False, kind="stable").index
    ground_m2, held = own["area_km2"].reindex(ordered).to_numpy() * 1e6, n.reindex(ordered).to_numpy()
    total = around.outline.area, int((focus["zone"] == "area").sum())
    chosen = ordered[: affordable(budget_of(settings), ground_m2, held, *total)]
    number_of = {code: number for number, code in enumerate(chosen)}
    of_row = focus["lsoa_code"].map(number_of).fillna(-1).to_numpy(dtype=np.int64)
    return Drawn(
        list(own.geometry.reindex(chosen)),
        of_row,
        [np.flatnonzero(of_row == number) for number in range(len(chosen))],
        [least] * len(chosen),
        {"ranked_by": "incidents per km²"},
    )


def _xy(rows: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    return np.column_stack([rows.geometry.x, rows.geometry.y])


_METHODS: dict[str, Callable[[gpd.GeoDataFrame, Surroundings, Hotspots], Drawn]] = {
    "cells": _cells,
    "clusters": _clusters,
    "density": _density,
    "lsoa": _lsoas,
}
