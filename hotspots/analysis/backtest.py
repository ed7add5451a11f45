"""Rolling origin: order the ground by the months up to an origin, score the order on the months after it.

What tuned itself on a month cannot be judged by that month, so that every order is made from its past alone
and scored on incidents it has not seen (rolling-origin evaluation, Tashman 2000).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.analysis.methods import grid_of
from hotspots.analysis.orders import YEAR, candidates
from hotspots.analysis.scoring import SHARES, Ranked, scores
from hotspots.analysis.spots import find_spots
from hotspots.analysis.units import Terrain
from hotspots.errors import InputError, SettingsError
from hotspots.tables import LOCATED, check
from hotspots.tables.backtest import BACKTEST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from hotspots.analysis.orders import Candidate
    from hotspots.analysis.units import Searched, Units
    from hotspots.settings import Hotspots

HORIZONS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which months are tested, and where the scores are read.

    Raises
    ------
    SettingsError
        The horizon is not 1, 2 or 3 months, or the step or the number of origins is below 1.
    """

    horizon_months: int = 1
    """Months after an origin on which its orders are scored."""
    origins: int | None = None
    """So many of the latest origins; none: all."""
    step_months: int = 1
    """Months from one origin to the next. Below the horizon the tests of neighbouring origins share months."""
    shares: tuple[float, ...] = SHARES
    """Shares of the searched area."""

    def __post_init__(self) -> None:
        if self.horizon_months not in HORIZONS:
            raise SettingsError(f"The backtest scores the next 1, 2 or 3 months, not {self.horizon_months!r}.")
        if self.step_months < 1 or (self.origins is not None and self.origins < 1):
            raise SettingsError(
                "The backtest needs 1 origin at least and 1 month at least from one to the next, "
                f"not {self.origins!r} and {self.step_months!r}."
            )


@dataclass(frozen=True)
class Backtest:
    """How every candidate did at every origin."""

    table: pd.DataFrame
    """BACKTEST, in the order of the methods, then of time and of the shares."""
    methods: tuple[Candidate, ...]
    """What was tried, the baselines among it."""
    left_out: tuple[tuple[str, str], ...]
    """Origins that could not be used for a gap in the data, and why."""
    density_cell_m: float
    """Side of the cells in which the density orders the ground."""


def backtest(
    focus: gpd.GeoDataFrame,
    searched: Searched,
    settings: Hotspots,
    plan: Plan | None = None,
    methods: Sequence[Candidate] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Backtest:
    """Score methods on months they have not seen.

    Parameters
    ----------
    focus
        LOCATED rows in focus, in the area or its ring, of all months, in a metric CRS. Rows of the ring are context
        in training; only the area's own are tested.
    searched
        Months held, areas and outline.
    settings
        ``[hotspots]``: the window; all of it for the candidates, and the cells that the best possible order of every
        method with other units is made of, for PEI.
    plan
        Origins, horizon and shares; none: the next month of every origin.
    methods
        Candidates of distinct names; none: ``candidates(settings)``.
    progress
        Called with a few words before each origin.

    Returns
    -------
    Backtest
        The same whatever the order of rows. Of all origins the same months are asked: the longer of the window and
        a year to train on, and the horizon; beyond that a memory takes what is held.

    Raises
    ------
    TableError
        The rows break their contract.
    InputError
        No origin has the months it needs.
    SettingsError
        A size, bandwidth or memory of the settings is out of range.
    ValueError
        Two candidates have one name, a share is out of range, or the areas are not the ground of the outline.
    """
    check(LOCATED, focus)
    plan, say = plan or Plan(), progress or (lambda _: None)
    chosen = candidates(settings) if methods is None else tuple(methods)
    if len({candidate.name for candidate in chosen}) < len(chosen):
        raise ValueError("each candidate of a backtest needs a name of its own")
    origins, left_out = find_origins(searched.months, max(settings.window_months, YEAR), plan)
    terrain = Terrain(find_spots(focus, searched.areas, searched.months), searched)
    best = terrain.cells(grid_of(settings))
    parts: list[pd.DataFrame] = []
    for origin in origins:
        say(f"Testing {origin}")
        parts += _scored(chosen, origin, terrain, best, plan)
    return Backtest(_joined(parts, chosen), chosen, left_out, terrain.fine.size_m)


def find_origins(
    months: pd.PeriodIndex,
    training_months: int,
    plan: Plan,
) -> tuple[tuple[pd.Period, ...], tuple[tuple[str, str], ...]]:
    """Find the origins whose months of training and test are all held: a missing month is no zero.

    Parameters
    ----------
    months
        Months that the data hold, in any order.
    training_months
        Months up to and including an origin that it needs.
    plan
        Horizon, step and number. The steps are counted back from the latest origin.

    Returns
    -------
    origins
        Rising.
    left_out
        Origin and reason of those between the first and the last that a gap forbids.

    Raises
    ------
    InputError
        There is none.
    """
    held = {month.ordinal: month for month in months}
    first, last = min(held, default=0), max(held, default=0)
    found: list[pd.Period] = []
    left_out: list[tuple[str, str]] = []
    for origin in range(last - plan.horizon_months, first + training_months - 2, -plan.step_months):
        if len(found) == plan.origins:
            break
        asked = range(origin - training_months + 1, origin + plan.horizon_months + 1)
        lacking = [str(pd.Period(ordinal=month, freq="M")) for month in asked if month not in held]
        if lacking:
            left_out.append((str(pd.Period(ordinal=origin, freq="M")), f"the data lack {', '.join(lacking)}"))
        else:
            found.append(held[origin])
    if not found:
        many = f"{len(held)} month{'' if len(held) == 1 else 's'}"
        raise InputError(
            f"A backtest needs {training_months + plan.horizon_months} months in a row, {training_months} to train on "
            f"and {plan.horizon_months} to test; the data hold {many} and nowhere so many in a row. "
            "Add downloads of earlier months."
        )
    return tuple(reversed(found)), tuple(reversed(left_out))


def _hits(units_of_spot: npt.NDArray[np.int64], hits: npt.NDArray[np.int64], units: int) -> npt.NDArray[np.int64]:
    """Return the hits of each unit; spots off the searched ground have none."""
    own = hits > 0
    return np.bincount(units_of_spot[own], weights=hits[own], minlength=units).astype(np.int64)


def _scored(
    chosen: Sequence[Candidate],
    origin: pd.Period,
    terrain: Terrain,
    best: Units,
    plan: Plan,
) -> list[pd.DataFrame]:
    """Return the scores of each candidate at one origin; ``best``: units for PEI where an order has not its own."""
    hits = terrain.spots.after(origin, plan.horizon_months)
    frames = []
    for candidate in chosen:
        order = candidate.order(terrain, origin)
        predicted = None if order.per_month is None else order.per_month * plan.horizon_months
        ranked = Ranked(order.score, order.area_m2, _hits(order.of_spot, hits, len(order.score)), predicted)
        if not order.own_best:
            of_best = _hits(best.of_spot, hits, len(best.area_m2))
            ranked = replace(ranked, best_area_m2=best.area_m2, best_hits=of_best)
        frame = scores(ranked, plan.shares).reset_index()
        frame.insert(0, "method", candidate.name)
        frame.insert(1, "origin", str(origin))
        frames.append(frame.assign(filled_share=[order.filled_share(share) for share in plan.shares]))
    return frames


def _joined(parts: list[pd.DataFrame], chosen: Sequence[Candidate]) -> pd.DataFrame:
    """Put the rows in the order of the candidates, then of time, and number them."""
    table = pd.concat([part for first in range(len(chosen)) for part in parts[first :: len(chosen)]])
    table = table.astype({"method": "str", "origin": "str"})
    return check(BACKTEST, table.set_index(pd.RangeIndex(1, len(table) + 1, name="score_no")))
