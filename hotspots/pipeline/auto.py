"""``method = "auto"``: the method and parameters with the best score on months they had not seen."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.analysis.backtest import Plan, backtest
from hotspots.analysis.orders import YEAR, Cells, Clusters, Density, Random, candidates
from hotspots.analysis.verdict import AUTO as CHOSEN_ANEW
from hotspots.analysis.verdict import SHARE, choose, nested, paired
from hotspots.errors import InputError
from hotspots.pipeline.held_out import held_rows, plain_count
from hotspots.settings.sections import AUTO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hotspots.analysis.orders import Candidate
    from hotspots.pipeline.inputs import Loaded
    from hotspots.settings import Hotspots, Settings

ORIGINS = 24
"""Most origins that the choice is made on."""
FALLBACK = "cells"
"""The method where the history is too short to choose by."""


@dataclass(frozen=True)
class Chosen:
    """The settings with a method in them, and how it came about."""

    settings: Settings
    sentences: tuple[str, ...]
    """Choice, margin and runner-up, and what choosing is worth; none where the settings named the method."""
    document: dict[str, Any] | None
    """The same for the manifest."""


def choose_method(loaded: Loaded, settings: Settings, progress: Callable[[str], None] | None = None) -> Chosen:
    """Put a method in the place of ``auto``.

    Parameters
    ----------
    loaded
        The tables the job started from.
    settings
        The settings in force.
    progress
        Called with a few words before each origin.

    Returns
    -------
    Chosen
        The settings as they are where they name a method. What choosing is worth is scored at each origin with
        the method that the origins before it would have chosen (``nested``), never on the months of the choice.
    """
    wanted = settings.hotspots
    if wanted.method != AUTO:
        return Chosen(settings, (), None)
    base = dataclasses.replace(wanted, method=FALLBACK)
    tried = choosable(candidates(base, (base.cell_m,)), base)
    tried = [one for one in tried if not _long_count(one, base)]
    focus, searched = held_rows(loaded)
    try:
        plan = Plan(origins=ORIGINS, shares=(SHARE,))
        table = backtest(focus, searched, base, plan, [*tried], progress).table
    except InputError as error:
        said = f"The history is too short to choose a method by, so that the method is {FALLBACK}. {error}"
        return Chosen(dataclasses.replace(settings, hotspots=base), (said,), {"method": FALLBACK, "reason": said})
    names = [one.name for one in tried]
    choice = choose(table, names)
    anew, sentences = nested(table, names).drop(columns="chosen"), [choice.reason]
    if len(anew):
        worth = paired(pd.concat([table, anew]), CHOSEN_ANEW, plain_count(base).name)
        sentences.append(
            f"Chosen anew at each of {worth.n} origins by the months before it, the choice differs from the plain "
            f"count by a PAI of {worth.mean_difference:+.2f} (95 % interval {worth.low:+.2f} to {worth.high:+.2f})."
        )
    hotspots = as_settings(next(one for one in tried if one.name == choice.method), base)
    document = {name: None if value != value else value for name, value in vars(choice).items()}  # noqa: PLR0124
    return Chosen(dataclasses.replace(settings, hotspots=hotspots), tuple(sentences), document)


def choosable(methods: Iterable[Candidate], wanted: Hotspots) -> list[Candidate]:
    """Return the methods to choose among, the simplest first.

    Parameters
    ----------
    methods
        Candidates of a backtest.
    wanted
        ``[hotspots]``: the size of cells at which methods are compared.

    Returns
    -------
    list
        Counts on these cells, those without a half-life first and then the longest memory; LSOAs, clusters, and the
        density on these cells. Small ground flatters on snapped points, so that sizes are not chosen among, and
        clusters stand aside where the cells are wider than the least width of a cluster; so do chance and last month.
    """
    size = f"cells {wanted.cell_m:g} m"
    cells = [one for one in methods if isinstance(one, Cells) and one.grid.size_m == wanted.cell_m and one.months > 1]
    cells.sort(key=lambda one: (-(one.half_life_months or math.inf), one.months != YEAR, one.months))
    others = [one for one in methods if not isinstance(one, Cells | Random)]
    comparable = [one for one in others if not isinstance(one, Density) or one.name.endswith(size)]
    if wanted.cell_m > wanted.min_width_m:
        comparable = [one for one in comparable if not isinstance(one, Clusters)]
    return [*cells, *reversed(comparable)]


def _long_count(one: Candidate, wanted: Hotspots) -> bool:
    """Tell whether a plain count looks further back than the window: no setting draws hotspots by it."""
    return isinstance(one, Cells) and one.half_life_months is None and one.months not in {YEAR, wanted.window_months}


def as_settings(one: Candidate, wanted: Hotspots) -> Hotspots:
    """Return the settings that draw hotspots as a candidate orders the ground.

    Parameters
    ----------
    one
        A candidate of ``choosable``.
    wanted
        ``[hotspots]``.

    Returns
    -------
    Hotspots
        With the candidate's method and parameters.
    """
    if isinstance(one, Cells):
        return dataclasses.replace(wanted, method="cells", half_life_months=one.half_life_months or 0.0)
    if isinstance(one, Density):
        return dataclasses.replace(wanted, method="density", bandwidth_m=one.bandwidth_m)
    return dataclasses.replace(wanted, method="clusters" if isinstance(one, Clusters) else "lsoa")
