"""The short form of the backtest: how the map's own method did on the last months, none of which it had seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hotspots.analysis.backtest import Plan, backtest
from hotspots.analysis.orders import YEAR, Cells, as_set, grid_of
from hotspots.analysis.units import Searched
from hotspots.analysis.verdict import SHARE, sentence
from hotspots.errors import InputError
from hotspots.pipeline.month_hotspots import surroundings

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.analysis.orders import Candidate
    from hotspots.pipeline.inputs import Loaded
    from hotspots.settings import Hotspots, Settings

SHORT_ORIGINS = 12
"""Most origins of the short form."""


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
    methods = (ours,) if ours.name == plain.name else (ours, plain)
    focus, searched = held_rows(loaded)
    try:
        done = backtest(focus, searched, wanted, Plan(origins=SHORT_ORIGINS, shares=(SHARE,)), methods)
    except InputError as error:
        return str(error)
    return sentence(done.table, ours.name, plain.name, area, incidents=f"incidents of {loaded.focus.name}")


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
