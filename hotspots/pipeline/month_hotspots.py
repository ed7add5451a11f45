"""The hotspots of a month: found, followed through earlier months, named, and looked at across the border."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from hotspots.analysis.area_tests import quiet_areas
from hotspots.analysis.border import border_crossings, neighbour_hotspots, neighbour_table
from hotspots.analysis.displacement import displacement_hints
from hotspots.analysis.hotspots import find_hotspots, hotspot_table
from hotspots.analysis.life import life_of, renamed
from hotspots.analysis.methods import Surroundings, grid_of
from hotspots.pipeline.inputs import in_tests
from hotspots.pipeline.window import earlier_windows, thin_months
from hotspots.places.areas import outline_of
from hotspots.places.names import name_hotspots
from hotspots.tables import PAST, check

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from hotspots.analysis.displacement import Displacements
    from hotspots.analysis.hotspots import Found
    from hotspots.analysis.life import EarlierPack, Life
    from hotspots.pipeline.inputs import Loaded
    from hotspots.settings import Hotspots, Settings


@dataclass(frozen=True)
class MonthHotspots:
    """What was found of a month's hotspots, in the analysis CRS."""

    focus: gpd.GeoDataFrame
    """LOCATED rows in focus of the window, in the area or its ring."""
    members: pd.DataFrame
    """MEMBERS of them."""
    hotspots: gpd.GeoDataFrame
    """HOTSPOTS."""
    past: gpd.GeoDataFrame
    """PAST, with names."""
    life: Life
    neighbours: gpd.GeoDataFrame
    """NEIGHBOURS."""
    crossings: pd.DataFrame
    """Whose ground the hotspots reach into."""
    moved: Displacements
    parameters: dict[str, Any]
    """How they were found."""


def month_hotspots(
    loaded: Loaded,
    settings: Settings,
    context: gpd.GeoDataFrame,
    *,
    previous: EarlierPack | None = None,
    progress: Callable[[str], None] | None = None,
) -> MonthHotspots:
    """Find the hotspots of a month and all that is told of each.

    Parameters
    ----------
    loaded
        The tables the job starts from.
    settings
        The settings in force.
    context
        LOCATED rows of the window in the area or its ring.
    previous
        An earlier pack, whose ids are kept.
    progress
        Called with a few words before each step.

    Returns
    -------
    MonthHotspots
        Tables of the area's hotspots, of those it had, and of its neighbours'.
    """
    focus, around, window = in_tests(context, loaded), surroundings(loaded), loaded.window
    if settings.hotspots.method == "cells":
        around = dataclasses.replace(around, cells=grid_of(settings.hotspots).cells_within(around.outline))
    first = find_hotspots(focus, around, settings.hotspots)
    earlier = earlier_windows(loaded.areas, loaded.intake.coverage, window, settings.hotspots.life_months - 1)
    life = life_of(first, around, earlier, _as_now(settings.hotspots, first), previous=previous, progress=progress)
    found = renamed(first, life.ids)
    moved = displacement_hints(focus, found, window.months, untested=_incomplete(loaded))
    hotspots = hotspot_table(
        focus,
        found,
        name_hotspots(focus, found.members, loaded.areas),
        around.outline,
        window.months,
        untested=window.thin,
        # Of one month alone nothing is known of what was before, unless an earlier pack tells.
        life=life.table if len(life.months) > 1 or previous is not None else None,
        moved=moved.hotspots,
    )
    if settings.focus.part_of_day:  # hours that were chosen are no finding
        hotspots = hotspots.assign(peak_time=pd.Series(None, index=hotspots.index, dtype="str"))
    return MonthHotspots(
        focus=focus,
        members=found.members,
        hotspots=hotspots,
        past=_named(life.past, around.history, loaded.areas),
        life=life,
        neighbours=_neighbours(loaded, settings, focus, around, found),
        crossings=border_crossings(found.grounds, loaded.areas, around.outline),
        moved=moved,
        parameters=found.parameters | {"months_looked_at": [str(month) for month in life.months]},
    )


def _incomplete(loaded: Loaded) -> list[pd.Period]:
    """Return the months that look incomplete in the area or around it: there a fall may be a file cut short."""
    near = (loaded.areas["zone"] != "beyond") & loaded.window.known
    coverage = loaded.intake.coverage
    thin = thin_months(coverage[coverage["force"].isin(loaded.areas.loc[near, "force"].dropna().unique())])
    return sorted({*loaded.window.thin, *thin["month"]})


def _as_now(settings: Hotspots, found: Found) -> Hotspots:
    """Return the settings with what was chosen now: a radius that flips from month to month makes no new place."""
    radius, bandwidth = (found.parameters.get(name) for name in ("radius_m", "bandwidth_m"))
    return dataclasses.replace(
        settings, radius_m=radius or settings.radius_m, bandwidth_m=bandwidth or settings.bandwidth_m
    )


def surroundings(loaded: Loaded) -> Surroundings:
    """Return what a method may know: history, months, and the areas with data.

    Parameters
    ----------
    loaded
        The tables the job starts from.

    Returns
    -------
    Surroundings
        Ground without data is not ground without incidents: shares are of what the files cover.
    """
    near = loaded.areas["zone"] != "beyond"
    own, known = loaded.areas["zone"] == "area", loaded.window.known
    history = loaded.located[(loaded.located["month"] <= loaded.month) & (loaded.located["zone"] != "beyond")]
    return Surroundings(
        history=in_tests(history, loaded),
        window=loaded.window.months,
        areas=loaded.areas[known],
        outline=outline_of(loaded.areas[own & known]),
        covered=None if known[near].all() else outline_of(loaded.areas[near & known]),
    )


def _neighbours(
    loaded: Loaded, settings: Settings, focus: gpd.GeoDataFrame, around: Surroundings, own: Found
) -> gpd.GeoDataFrame:
    """Return NEIGHBOURS: the hotspots of the ring with data."""
    areas = loaded.areas
    outline = outline_of(areas[areas["zone"] == "area"])
    quiet = quiet_areas(loaded.located, areas, loaded.window.months)
    ring = areas[(areas["zone"] == "ring") & loaded.window.known & ~areas.index.isin(quiet)]
    ground: BaseGeometry = outline_of(ring) if len(ring) else shapely.Polygon()
    reach = settings.areas.context_m
    found = neighbour_hotspots(focus, around, own, ground, settings.hotspots, outline=outline, context_m=reach)
    # What of it lies inside the area would give a neighbour's place a name of the area.
    names = name_hotspots(focus, found.members.where(focus["zone"] != "area"), areas)
    window = loaded.window
    return neighbour_table(focus, found, names, own, areas, outline, window.months, untested=window.thin)


def _named(past: gpd.GeoDataFrame, history: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return PAST with names, made of all incidents that the data hold of each ground."""
    place, row = history.sindex.query(past.geometry, predicate="intersects")
    names = {}
    for number, hotspot in enumerate(past.index):
        on = history.iloc[row[place == number]]
        members = pd.DataFrame({"hotspot_id": pd.Series(hotspot, index=on.index, dtype="str")})
        names[hotspot] = name_hotspots(on, members, areas).get(hotspot)
    return check(PAST, past.assign(name=pd.Series(names, index=past.index, dtype="str")))
