"""The short form of the backtest: how the map's own method did on the last months, none of which it had seen."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.analysis.backtest import Plan, backtest
from hotspots.analysis.methods import grid_of
from hotspots.analysis.orders import YEAR, Cells, as_set
from hotspots.analysis.spots import repeated_share
from hotspots.analysis.units import Searched
from hotspots.analysis.verdict import SHARE, sentence
from hotspots.errors import InputError
from hotspots.pack.words import percent
from hotspots.pipeline.month_hotspots import surroundings

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.analysis.orders import Candidate
    from hotspots.pipeline.inputs import Loaded
    from hotspots.settings import Hotspots, Settings

SHORT_ORIGINS = 12
"""Most origins of the short form."""
FAIR_CELL_M = 250.0
"""Cells at which snapped points flatter a count least."""

_SNAPPED_SHARE = 0.5


def held_out(loaded: Loaded, settings: Settings, area: str) -> str:
    """Say how the method of the settings did in the last months, none of which it had seen.

    Parameters
    ----------
    loaded
        The tables the job started from.
    settings
        The settings in force.
    area
        What the area is called.

    Returns
    -------
    str
        One or two sentences: at 2 % of the area, over up to ``SHORT_ORIGINS`` months, beside the plain count.
    """
    wanted = settings.hotspots
    ours, plain = as_set(wanted), plain_count(wanted)
    focus, searched = held_rows(loaded)
    snapped = snapped_share(focus)
    methods = {one.name: one for one in (ours, plain, *([fair_count(wanted)] if snapped else []))}
    try:
        done = backtest(focus, searched, wanted, Plan(origins=SHORT_ORIGINS, shares=(SHARE,)), [*methods.values()])
    except InputError as error:
        return str(error)
    said = sentence(done.table, ours.name, plain.name, area, incidents=f"incidents of {loaded.focus.name}")
    return f"{said} {snapped_words(snapped, done.table, wanted)}" if snapped else said


def snapped_share(focus: gpd.GeoDataFrame) -> float:
    """Return the share of the area's incidents on coordinates that many share, where it is half or more; else 0."""
    share = repeated_share(focus.geometry[focus["zone"] == "area"])
    return share if share >= _SNAPPED_SHARE else 0.0


def fair_count(wanted: Hotspots) -> Candidate:
    """Return the ranking of cells at which snapped points flatter a count least."""
    return as_set(dataclasses.replace(wanted, method="cells", cell_m=FAIR_CELL_M))


def snapped_words(share: float, table: pd.DataFrame, wanted: Hotspots) -> str:
    """Say that points were moved, and give the fair figure.

    Parameters
    ----------
    share
        What ``snapped_share`` returned.
    table
        BACKTEST with the rows of ``fair_count``.
    wanted
        ``[hotspots]``.

    Returns
    -------
    str
        Two sentences.
    """
    fair = fair_count(wanted).name
    pai = table.loc[(table["method"] == fair) & np.isclose(table["share_of_area"], SHARE), "pai"].mean()
    return (
        f"{percent(share)} of the incidents lie on coordinates that at least ten others share: points moved to "
        f"streets flatter small cells. On cells of {FAIR_CELL_M:g} m the fair figure is PAI {pai:.1f} ({fair})."
    )


def held_rows(loaded: Loaded) -> tuple[gpd.GeoDataFrame, Searched]:
    """Return what a backtest works on.

    Parameters
    ----------
    loaded
        The tables the job started from.

    Returns
    -------
    rows
        LOCATED rows in focus, in the area or its ring, up to the job's month.
    searched
        Months that every force with data holds, and the ground.
    """
    around, coverage = surroundings(loaded), loaded.intake.coverage
    near = loaded.areas["zone"] != "beyond"
    forces = loaded.areas.loc[near & loaded.window.known, "force"].dropna().unique()
    held = set.intersection(*(set(coverage.loc[coverage["force"] == force, "month"]) for force in forces))
    months = pd.PeriodIndex(sorted(month for month in held if month <= loaded.month), freq="M")
    return around.history, Searched(
        months, around.areas[around.areas["zone"] != "beyond"], around.outline, around.covered
    )


def plain_count(wanted: Hotspots) -> Candidate:
    """Return the plain count of twelve months on the cells of the settings, which every method has to beat."""
    return Cells(grid_of(wanted), YEAR)
