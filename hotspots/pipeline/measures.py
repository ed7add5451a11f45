"""What colours the areas: rates in classes that hold for the whole period, and what the tests said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hotspots.analysis.area_stats import class_breaks, classify
from hotspots.maps.content import Measure, Tested
from hotspots.pack.words import month_short, months_word

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.settings import Settings

NO_MORE_THAN_CHANCE = "no more than chance"

_PER_1000 = 1000.0


def classed(
    stats: gpd.GeoDataFrame, focus: gpd.GeoDataFrame, settings: Settings, window: pd.PeriodIndex
) -> tuple[gpd.GeoDataFrame, tuple[Measure, ...]]:
    """Put the areas into classes.

    Parameters
    ----------
    stats
        AREA_STATS without classes.
    focus
        LOCATED rows in focus of the window.
    settings
        The settings in force, whose bounds win.
    window
        Months of the window.

    Returns
    -------
    tuple
        AREA_STATS with its classes, and the measures that colour the map. The bounds for single months are
        cut once, from all months of the window together, so that months can be compared.
    """
    areas = stats.copy()
    own = areas["zone"] == "area"
    span = months_word(len(window))
    counted = focus.groupby(["lsoa_code", "month"]).size()
    within = areas.index[own & areas["n"].notna()]
    pairs = pd.MultiIndex.from_product([within, window], names=counted.index.names)
    by_month = counted.reindex(pairs, fill_value=0)
    wanted = [("rate_per_km2", "map_class", "Incidents per km²", "area_km2", 1.0, settings.map.class_breaks_per_km2)]
    if areas.loc[own, "rate_per_1000"].notna().any():
        per_1000 = ("rate_per_1000", "map_class_per_1000", "Incidents per 1,000 residents", "population", _PER_1000)
        wanted.append((*per_1000, settings.map.class_breaks_per_1000))
    measures = []
    for column, class_column, title, divisor, times, fixed in wanted:
        breaks = fixed or class_breaks(areas.loc[own, column])
        areas[class_column] = classify(areas[column], breaks)
        size = areas.loc[pairs.get_level_values(0), divisor].to_numpy(dtype=float)
        monthly = class_breaks((times * by_month / size)[size > 0])
        titles = f"{title}, {span}", f"{title} in one month"
        measures.append(Measure(column, class_column, titles[0], breaks, divisor, times, titles[1], monthly))
    return areas, tuple(measures)


def tested(month: pd.Period, months: int) -> tuple[Tested, ...]:
    """Return what tests said of the areas, as ways to colour them.

    Parameters
    ----------
    month
        The month of the page.
    months
        Months of the window.

    Returns
    -------
    tuple of Tested
        The change of the month, and the areas that lie high or low together.
    """
    changes = ("below", "below usual"), ("usual", NO_MORE_THAN_CHANCE), ("above", "above usual")
    together = ("cold", "low with its neighbours"), ("none", NO_MORE_THAN_CHANCE), ("hot", "high with its neighbours")
    name = month_short(month, year=True)
    return (
        Tested("change", f"{name} against the other months, tested", changes),
        Tested("label", f"High and low together, {months_word(months)}, tested", together),
    )
