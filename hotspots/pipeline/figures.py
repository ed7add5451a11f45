"""The pictures of a month's pack."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from hotspots.analysis.concentration import area_holding, gini, lorenz
from hotspots.maps.figures.concentration import concentration_figure
from hotspots.maps.figures.month_map import month_map, not_drawn
from hotspots.maps.figures.render import png_bytes, svg_bytes
from hotspots.maps.figures.sheet import Caption
from hotspots.pack.words import month_name, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotspots.maps.content import PageContent
    from hotspots.maps.figures.sheet import Drawing
    from hotspots.pack.words import Facts
    from hotspots.pipeline.stages import MonthTables

_HALF = 0.5


def month_figures(tables: MonthTables, facts: Facts, content: PageContent) -> dict[str, bytes]:
    """Draw the map and the plots of a month.

    Parameters
    ----------
    tables, facts
        What the plots show and say.
    content
        What the page shows: the map shows the same, and sources and marking are its own.

    Returns
    -------
    dict
        Files by their names: each picture as PNG and SVG. One that could not be drawn says so itself, and a
        ``RuntimeWarning`` says why: the tables are not lost for want of a picture.
    """
    marking = content.words.marking
    return _files("map", lambda: month_map(content), marking) | _files(
        "concentration", lambda: _concentration(tables, facts, content), marking
    )


def _files(name: str, draw: Callable[[], Drawing], marking: str) -> dict[str, bytes]:
    """Return a picture as PNG and SVG."""
    try:
        drawing = draw()
        return {f"{name}.png": png_bytes(drawing), f"{name}.svg": svg_bytes(drawing)}
    except Exception as fault:  # noqa: BLE001 - whatever a library meets while drawing
        said = f"{name}.png and {name}.svg could not be drawn ({type(fault).__name__}); the rest of the pack is whole."
        warnings.warn(f"{said} {fault}".strip(), RuntimeWarning, stacklevel=2)
        blank = not_drawn(said, marking)
        return {f"{name}.png": png_bytes(blank), f"{name}.svg": svg_bytes(blank)}


def _concentration(tables: MonthTables, facts: Facts, content: PageContent) -> Drawing:
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
        source=content.words.sources[0],
        marking=content.words.marking,
    )
    return concentration_figure(curve, gini(curve), (half, _HALF), caption)
