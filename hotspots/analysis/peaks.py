"""When each hotspot is busiest, where the times are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hotspots.analysis.when import hours_of_week, peak_windows, window_words
from hotspots.stats.usual import ALPHA, false_discovery

if TYPE_CHECKING:
    import geopandas as gpd


def peak_times(rows: gpd.GeoDataFrame, by: str, key: pd.Index) -> pd.Series:
    """Find the peak of each group of incidents.

    Parameters
    ----------
    rows
        LOCATED rows.
    by
        Column of the groups.
    key
        Groups of the result.

    Returns
    -------
    Series
        For example ``Fri–Sat 20:00–01:00, 46 % of incidents in 6 % of the week``; empty for a group with
        fewer than 20 incidents at a known time, or whose peak is not beyond chance after the correction of
        Benjamini and Hochberg over all groups that have one.
    """
    timed = rows[rows["time_known"]]
    best = {}
    for name, group in timed.groupby(by):
        week = hours_of_week(group["occurred_at"], group["occurred_until"], group["time_known"])
        for window in peak_windows(week.matrix, alpha=1.0):
            best[name] = window
    adjusted, _ = false_discovery([window.p for window in best.values()])
    told = {name: window_words(window) for (name, window), p in zip(best.items(), adjusted, strict=True) if p <= ALPHA}
    return pd.Series([told.get(name) for name in key], index=key, dtype="str")
