"""The plots of a month's pack."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hotspots.analysis.concentration import area_holding, gini, lorenz
from hotspots.maps.figures.concentration import concentration_figure
from hotspots.maps.figures.render import png_bytes, svg_bytes
from hotspots.maps.figures.sheet import Caption
from hotspots.pack.words import month_name, percent

if TYPE_CHECKING:
    from hotspots.pack.words import Facts
    from hotspots.pipeline.stages import MonthTables

_HALF = 0.5


def month_figures(tables: MonthTables, facts: Facts, source: str, marking: str) -> dict[str, bytes]:
    """Draw the plots of a month.

    Parameters
    ----------
    tables, facts
        What they show and say.
    source, marking
        Whose incidents they are, and the marking line.

    Returns
    -------
    dict
        Files by their names: each plot as PNG and SVG.
    """
    # Of LSOAs whose force lacks a month nothing is known.
    own = tables.areas[(tables.areas["zone"] == "area") & tables.areas["rate_per_km2"].notna()]
    curve = lorenz(own["n"].astype(int), own["area_km2"])
    half = area_holding(curve, _HALF) if len(curve) else math.nan
    months = facts.months.dropna().index
    title = f"Half of the {facts.focus} of {facts.area} lies on {percent(half)} of its ground, the densest LSOAs first"
    caption = Caption(
        title=title if len(curve) else f"No {facts.focus} in {facts.area}",
        n=int(own["n"].sum()),
        counted=f"incidents of {facts.focus}",
        period=f"{month_name(months[0])} to {month_name(months[-1])}",
        method=f"LSOAs in the order of their incidents per km² (Lorenz curve); {len(own):,} LSOAs with data.",
        source=source,
        marking=marking,
    )
    drawing = concentration_figure(curve, gini(curve), (half, _HALF), caption)
    return {"concentration.png": png_bytes(drawing), "concentration.svg": svg_bytes(drawing)}
