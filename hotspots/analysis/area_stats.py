"""What the month says of each LSOA: counts, rates and classes of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.analysis.area_tests import untested_columns
from hotspots.tables import AREA_STATS, AREAS, LOCATED, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

_QUANTILES = (0.4, 0.65, 0.85, 0.95)
_ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def area_stats(
    located: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    covered: pd.DataFrame,
    window: pd.PeriodIndex,
) -> gpd.GeoDataFrame:
    """Count the incidents in focus per LSOA and turn them into rates.

    Parameters
    ----------
    located
        LOCATED, all months.
    areas
        AREAS with ``zone``, ``force`` and ``population``; those beyond the ring are left out.
    covered
        Index of ``areas``, one true-or-false column per month of the window, of the month before its last
        and of the same month a year earlier: does the LSOA's force have files for it?
    window
        Months that the data hold, oldest first; the last one is the month of the run.

    Returns
    -------
    GeoDataFrame
        AREA_STATS of the area and its ring, classes and tests still empty. Counts of months without files
        are empty, never 0. Rates are per window, and empty where the force lacks a month that others have.
    """
    check(LOCATED, located)
    check(AREAS, areas)
    kept = areas[areas["zone"] != "beyond"]
    focus = located[located["in_focus"] & located["lsoa_code"].notna()]
    counts = focus.groupby(["lsoa_code", "month"]).size()
    months = covered.loc[kept.index]
    last = window[-1]

    def count(month: pd.Period) -> pd.Series:
        found = counts.xs(month, level="month") if month in counts.index.levels[1] else pd.Series(dtype=np.int64)
        filled = found.reindex(kept.index).fillna(0).astype("Int64")
        return filled.where(months[month].to_numpy())

    inside = focus[focus["month"].isin(window)].groupby("lsoa_code").size().reindex(kept.index).fillna(0)
    n_covered = months[list(window)].sum(axis=1).astype(np.int64)
    n = inside.astype("Int64").where(n_covered > 0)
    whole = n.where(n_covered == len(window)).astype("Float64").astype(float)
    stats = kept[["lsoa_name", "borough", "zone", "force"]].assign(
        months_covered=n_covered,
        n=n,
        n_month=count(last),
        n_previous=count(last - 1),
        n_last_year=count(last - 12),
        harm=harm_of(focus[focus["month"].isin(window)], "lsoa_code", kept.index).where(n_covered > 0),
        population=kept["population"],
        area_km2=kept["area_km2"],
        rate_per_km2=whole / kept["area_km2"],
        rate_per_1000=(1000 * whole / kept["population"]).where(kept["population"] > 0),
        map_class=pd.Series(pd.NA, index=kept.index, dtype="Int64"),
        map_class_per_1000=pd.Series(pd.NA, index=kept.index, dtype="Int64"),
        **untested_columns(kept.index),
        geometry=kept.geometry,
    )
    return check(AREA_STATS, stats.set_geometry("geometry", crs=areas.crs))


def harm_of(rows: gpd.GeoDataFrame, by: str, key: pd.Index) -> pd.Series:
    """Add up the harm weights of groups of rows.

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
        Sum of the weights that are known; empty throughout where no row has one: no harm would be a claim.
    """
    if rows["harm_weight"].isna().all():
        return pd.Series(np.nan, index=key, dtype=float)
    sums: pd.Series = rows.groupby(by)["harm_weight"].sum()
    return sums.reindex(key, fill_value=0.0).astype(float)


def class_breaks(rates: pd.Series) -> tuple[float, ...]:
    """Choose four round class bounds that suit a skewed set of rates.

    Parameters
    ----------
    rates
        Rates; empty ones are passed over.

    Returns
    -------
    tuple of float
        Strictly rising lower bounds of classes 2 to 5: round numbers near the 40th, 65th, 85th and 95th
        percentile of the rates above 0.
    """
    positive = rates[rates > 0].to_numpy(dtype=float)
    wanted = np.quantile(positive, _QUANTILES) if len(positive) else np.array([1.0, 2.0, 3.0, 4.0])
    breaks: list[float] = []
    for value in wanted:
        bound = _round_number(float(value))
        while breaks and bound <= breaks[-1]:
            bound = _next_round(breaks[-1])
        breaks.append(bound)
    return tuple(breaks)


def _ladder(value: float) -> list[float]:
    scale = 10.0 ** np.floor(np.log10(value))
    return [float(f"{step * scale:.6g}") for step in _ROUND]


def _round_number(value: float) -> float:
    return min(_ladder(value), key=lambda bound: (abs(bound - value), bound))


def _next_round(value: float) -> float:
    return next(bound for bound in [*_ladder(value), 10 * value] if bound > value * (1 + 1e-9))


def classify(rates: pd.Series, breaks: Sequence[float]) -> pd.Series:
    """Return the class of each rate: 1 below the first bound, one more at each bound reached; empty stays empty."""
    classes = pd.Series(
        np.searchsorted(np.asarray(breaks), rates.to_numpy(dtype=float), side="right") + 1, index=rates.index
    )
    return classes.astype("Int64").where(rates.notna())
