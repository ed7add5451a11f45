"""Equal cells ranked by their history, and the top of the ranking joined to grounds people can walk.

Divide into equal cells, count over several years, rank, target the top (College of Policing, hot spots
guide). Cells are ranked alone, because that is what can be scored on later months; only for the map do
adjoining ones become one ground, up to the size that one patrol can cover.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from hotspots.analysis.budget import GRACE, Budget, affordable
from hotspots.errors import SettingsError
from hotspots.geo.grid import cell_keys, cells_of_keys

if TYPE_CHECKING:
    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

    from hotspots.geo.grid import CellShares, Grid

MAX_WIDTH_M = 500.0
"""Widest ground of several cells: three hexagons of 150 m side by side."""


@dataclass(frozen=True, slots=True)
class Memory:
    """How far back a ranking looks.

    Raises
    ------
    SettingsError
        The window is empty or longer than the history, or the half-life is not above 0.
    """

    window_months: int
    """Months up to and including the latest: those of ``n_window``, and of the score without a half-life."""
    history_months: int
    """Months up to and including the latest: those of ``n_history``, and of the score with a half-life."""
    half_life_months: float | None = None
    """After so many months an incident counts half; none: every incident of the window counts one."""

    def __post_init__(self) -> None:
        if not 1 <= self.window_months <= self.history_months:
            raise SettingsError(
                f"The window of {self.window_months} months must be at least 1 and no longer than "
                f"the history of {self.history_months}."
            )
        if self.half_life_months is not None and not 0 < self.half_life_months < math.inf:
            raise SettingsError(f"The half-life must be above 0 months, not {self.half_life_months!r}; try 24.")


@dataclass(frozen=True)
class CellHotspots:
    """Hotspots made of cells, highest score first, and what was chosen."""

    grounds: list[BaseGeometry]
    """Polygon or MultiPolygon of each hotspot in the CRS of the grid; none overlap, whole cells each."""
    cells: pd.Series
    """Hotspot (position in ``grounds``) of each cell of one, by cell id in the order of ranks."""
    ranked: pd.DataFrame
    """The ranking, as given."""
    n_selected: int
    """Cells down to which the budget reached."""
    selected_share_of_area: float
    """Their share of the searched area."""
    selected_share_of_n: float
    """Their share of the area's own incidents of the window, in-sample."""
    share_of_area: float
    """The hotspots' share of the searched area."""
    share_of_n: float
    """The hotspots' share of the area's own incidents of the window, in-sample."""
    n_unlisted: int
    """Grounds that are not listed: they hold too few incidents, are not the area's own, or are beyond the number."""


def decayed_counts(
    cells: npt.NDArray[np.int64],
    months_back: npt.NDArray[np.int64],
    half_life_months: float | None,
    history_months: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Count the incidents of each cell, older ones for less.

    An incident weighs ``0.5 ** (months_back / half_life_months)``: exponential smoothing of the monthly
    counts (Brown 1959), without trend or season.

    Parameters
    ----------
    cells
        Column and row of each incident's cell, shape (n, 2).
    months_back
        Whole months from each incident to the latest month, shape (n,); 0 is the latest month.
    half_life_months
        Months after which an incident counts half; none: each counts one.
    history_months
        Months counted; older incidents are left out.

    Returns
    -------
    ids
        Cells with an incident in those months, shape (k, 2), by column, then row.
    counts
        Shape (k,), the same to the last bit whatever the order of the incidents.

    Raises
    ------
    ValueError
        An incident lies after the latest month.
    """
    back = np.asarray(months_back, dtype=np.int64)
    if (back < 0).any():
        raise ValueError("a count may not know incidents after its latest month")
    kept = back < history_months
    keys, of = np.unique(cell_keys(cells)[kept], return_inverse=True)
    # Whole counts per cell and month first: sums of fractions would depend on the order of rows.
    pairs, n = np.unique(of * history_months + back[kept], return_counts=True)
    cell, age = np.divmod(pairs, history_months)
    weight = np.ones(len(age)) if half_life_months is None else 0.5 ** (age / half_life_months)
    counts = np.bincount(cell, weights=n * weight, minlength=len(keys))
    return cells_of_keys(keys), counts.astype(np.float64)


def rank_cells(
    grid: Grid,
    searched: CellShares,
    cells: npt.NDArray[np.int64],
    months_back: npt.NDArray[np.int64],
    own: npt.NDArray[np.bool_],
    memory: Memory,
) -> pd.DataFrame:
    """Rank all cells, those without any incident last.

    Parameters
    ----------
    grid
        The cells.
    searched
        From ``grid.cells_within``: the area whose shares are told. Its cells are all ranked.
    cells
        Column and row of each incident's cell, shape (n, 2). Cells outside the searched area are ranked
        too, with an area of 0: so a ring around the area can be given for grounds across its border.
    months_back
        Whole months from each incident to the latest month, shape (n,).
    own
        Shape (n,): true where the incident lies in the area itself, not in its ring.
    memory
        Window, history and half-life.

    Returns
    -------
    DataFrame
        By cell id in the order of ranks: ``column``, ``row``, ``score``, ``n_window``, ``n_history``, ``n_own``
        (own incidents of the window), ``area_m2`` (inside the searched area) and ``rank`` from 1. Of equal
        scores the cell with more incidents in the history comes first, then the more western, then the
        more southern one: cells of one score are a tie.

    Raises
    ------
    ValueError
        An incident lies after the latest month.
    """
    window, history = memory.window_months, memory.history_months
    span = window if memory.half_life_months is None else history
    in_area = np.asarray(own, dtype=bool)
    counts = {
        "score": decayed_counts(cells, months_back, memory.half_life_months, span),
        "n_window": decayed_counts(cells, months_back, None, window),
        "n_history": decayed_counts(cells, months_back, None, history),
        "n_own": decayed_counts(cells[in_area], months_back[in_area], None, window),
        "area_m2": (searched.ids, searched.share * grid.area_m2),
    }
    keys = np.unique(np.concatenate([cell_keys(ids) for ids, _ in counts.values()]))
    values = {name: _spread(keys, ids, value) for name, (ids, value) in counts.items()}
    ids = cells_of_keys(keys)
    frame = pd.DataFrame({"column": ids[:, 0], "row": ids[:, 1], **values})
    frame = frame.astype(dict.fromkeys(("n_window", "n_history", "n_own"), np.int64))
    order = np.lexsort((-values["n_history"], -values["score"]))
    frame = frame.iloc[order].assign(rank=np.arange(1, len(keys) + 1))
    return frame.set_index(pd.Index(grid.names(ids[order]), dtype="str", name="cell_id"))


def _spread(
    keys: npt.NDArray[np.int64],
    ids: npt.NDArray[np.int64],
    value: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return the values of some cells at all of the sorted keys, 0 at the others."""
    full = np.zeros(len(keys))
    full[np.searchsorted(keys, cell_keys(ids))] = value
    return full


def merge_cells(
    grid: Grid,
    ranked: pd.DataFrame,
    budget: Budget,
    least: int,
    max_width_m: float = MAX_WIDTH_M,
    top_share: float = 0.0,
) -> CellHotspots:
    """Walk down the ranks until the budget is spent, and join adjoining cells to grounds.

    Each cell in turn joins the grounds it adjoins, the one with the best cell first, as long as what is
    joined stays within ``max_width_m``; otherwise it is a ground of its own. So a street of hot cells
    becomes several grounds of a patrol's size. Grounds only grow and join on the way down: a greater
    budget lists every cell that a smaller one lists, and parts none of its grounds.

    Parameters
    ----------
    grid
        The cells.
    ranked
        From ``rank_cells``, rows in any order.
    budget
        How far to go. Cells outside the searched area cost no area.
    least
        Fewest incidents of the window in a hotspot. It is asked of the joined ground, since a place can lie
        across several cells; but a cell takes no part where even a disc as wide as ``max_width_m``, filled
        with its like, would hold fewer. A hotspot is the area's own when at least half of its incidents
        are, or ``least`` of them; no ground grows across the border so far that it loses that.
    max_width_m
        Greatest distance between two points of a ground of several cells.
    top_share
        With a number of hotspots as the budget: share of the searched area that is walked at least, so that a
        place is drawn with all its top cells and not with its best one alone.

    Returns
    -------
    CellHotspots
        Grounds of whole cells, not cut at the border, by sum of scores; of a number, the first so many.
    """
    walk = ranked.sort_values("rank")
    disc_m2 = math.pi / 4 * max(max_width_m, grid.size_m) ** 2
    part = walk[walk["n_window"] >= max(1.0, least * min(1.0, grid.area_m2 / disc_m2) * (1 - GRACE))]
    ground, own = part["area_m2"].to_numpy(), part["n_own"].to_numpy()
    whole = math.fsum(walk["area_m2"]), int(walk["n_own"].sum())
    if budget.number is None:
        part, top = part.iloc[: affordable(budget, ground, own, *whole)], 0
    else:  # hotspots are counted while joining
        top = affordable(Budget(share_of_area=top_share), ground, own, *whole) if top_share else 0
    joining = _Joining(grid, least, max_width_m * (1 + GRACE))
    n_selected = 0
    for cell in part[["column", "row", "n_window", "n_own"]].itertuples(index=False):
        joining.add(*(int(value) for value in cell))
        n_selected += 1
        if budget.number is not None and joining.listed >= budget.number and n_selected >= top:
            break
    return _result(joining, ranked, part.iloc[:n_selected], budget.number)


def _result(joining: _Joining, ranked: pd.DataFrame, part: pd.DataFrame, most: int | None) -> CellHotspots:
    """Put the grounds that are hotspots in order and draw them; ``part`` is what was joined, best first."""
    places = zip(part["column"].tolist(), part["row"].tolist(), strict=True)
    ground = np.array([joining.ground_of[place] for place in places], dtype=np.int64)
    members = {number: np.flatnonzero(ground == number) for number in joining.grounds}
    ids, score = part[["column", "row"]].to_numpy(), part["score"].to_numpy()
    listed = [number for number, joined in joining.grounds.items() if joining.lists(joined)]
    listed.sort(key=lambda number: (-float(score[members[number]].sum()), number))
    listed = listed[:most]
    hotspot = np.full(len(part), -1, dtype=np.int64)
    for place, number in enumerate(listed):
        hotspot[members[number]] = place
    cells = pd.Series(hotspot, index=part.index, name="hotspot")[hotspot >= 0]
    return CellHotspots(
        grounds=[_ground(joining.grid, ids[members[number]]) for number in listed],
        cells=cells,
        ranked=ranked,
        n_selected=len(part),
        selected_share_of_area=_share(part, ranked, "area_m2"),
        selected_share_of_n=_share(part, ranked, "n_own"),
        share_of_area=_share(part.loc[cells.index], ranked, "area_m2"),
        share_of_n=_share(part.loc[cells.index], ranked, "n_own"),
        n_unlisted=len(members) - len(listed),
    )


def _share(part: pd.DataFrame, ranked: pd.DataFrame, column: str) -> float:
    """Return what a part of the cells holds of a column's sum; 0 of nothing."""
    whole = math.fsum(ranked[column])  # whatever the order of rows
    return min(1.0, float(part[column].sum()) / whole) if whole > 0 else 0.0


def _ground(grid: Grid, ids: npt.NDArray[np.int64]) -> BaseGeometry:
    """Return the union of cells, the same whatever their order."""
    return shapely.normalize(shapely.coverage_union_all(grid.polygons(ids)))


@dataclass(slots=True)
class _Ground:
    """What has been joined so far."""

    cells: list[tuple[int, int]]
    """Columns and rows."""
    n: int
    own: int


@dataclass(slots=True)
class _Joining:
    """Grounds that grow cell by cell; cells come in the order of their ranks."""

    grid: Grid
    least: int
    widest_m: float
    grounds: dict[int, _Ground] = field(default_factory=dict)
    """By the place of their best cell in the walk."""
    ground_of: dict[tuple[int, int], int] = field(default_factory=dict)
    """Number of the ground of each cell."""
    listed: int = 0
    """Grounds that are hotspots."""

    def add(self, column: int, row: int, n: int, own: int) -> None:
        """Join the next cell to the grounds it adjoins, as far as they fit together."""
        number = len(self.ground_of)
        around = self.grid.neighbours(np.array([(column, row)]))[0].tolist()
        touched = sorted({self.ground_of[cell] for cell in map(tuple, around) if cell in self.ground_of})
        grown = _Ground([(column, row)], n, own)
        self.grounds[number] = grown
        self.ground_of[column, row] = number
        self.listed += self.lists(grown)
        for other in touched:
            number = self._join(number, other)

    def lists(self, ground: _Ground) -> bool:
        """Tell whether a ground is a hotspot: it holds enough, and is the area's own."""
        return ground.n >= self.least and (2 * ground.own >= ground.n or ground.own >= self.least)

    def _join(self, one: int, other: int) -> int:
        """Join two grounds if they fit; return the number of the ground that holds the first."""
        a, b = self.grounds[one], self.grounds[other]
        joined = _Ground(a.cells + b.cells, a.n + b.n, a.own + b.own)
        before, after = self.lists(a) + self.lists(b), self.lists(joined)
        if not self._fits(a, b) or (before and not after):
            return one
        kept, gone = min(one, other), max(one, other)
        del self.grounds[gone]
        self.grounds[kept] = joined
        self.ground_of |= dict.fromkeys(joined.cells, kept)
        self.listed += after - before
        return kept

    def _fits(self, a: _Ground, b: _Ground) -> bool:
        steps = np.array(a.cells)[:, None, :] - np.array(b.cells)
        return bool((self.grid.reach_m(steps.reshape(-1, 2)) <= self.widest_m).all())
