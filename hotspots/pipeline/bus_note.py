"""A plan of the outreach bus becomes the content of the sheet that its crew takes along."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from hotspots.geo.gridref import grid_reference
from hotspots.maps.note_page import NoteContent
from hotspots.pack.words import month_short
from hotspots.pipeline.bus_findings import headline
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotspots.pipeline.bus_ground import BusGround
    from hotspots.pipeline.bus_plan import BusPlan
    from hotspots.settings import Settings


def note_content(
    found: BusPlan,
    ground: BusGround,
    settings: Settings,
    *,
    why: Mapping[str, tuple[str, ...]],
    first: dt.date,
    days: Mapping[dt.date, str],
) -> NoteContent:
    """Return the content of the sheet: the best plan, its rota, and what is assumed.

    Parameters
    ----------
    found, ground
        The plan, and the month it stands on.
    settings
        The settings in force.
    why
        Sentences by ``site_id``; the first two of a stop are told.
    first
        First day of the rota.
    days
        Holidays and terms that its days fall in.

    Returns
    -------
    NoteContent
        Areas and stops; no incident point.
    """
    bus = settings.bus
    last = first + dt.timedelta(weeks=bus.cycle_weeks, days=-1)
    return NoteContent(
        title=f"Outreach bus · {ground.area} · {_day(first)} to {_day(last)} {last.year}",
        marking=ground.marking,
        notices=ground.notices,
        plan=headline(found, bus, ground.area)[:2],
        stops=_stops(found, settings, why),
        visits=found.rota.visits,
        given_up=found.rota.sentences,
        assumed=_assumed(found, settings, first, last, days),
        sources=(*ground.sources, *filter(None, [bus.sites_source])),
        area=gpd.GeoSeries([ground.outline], crs=ground.areas.crs),
        hotspots=ground.hotspots.geometry,
        reach_m=bus.walk_m,
        circle_m=0.0 if bus.network else bus.walk_m / bus.walk_factor,
    )


def _stops(found: BusPlan, settings: Settings, why: Mapping[str, tuple[str, ...]]) -> gpd.GeoDataFrame:
    rows = found.plan[found.plan["alternative"] == 1].set_index("stop_no")
    sites = found.candidates.sites.loc[rows["site_id"]]
    british = settings.areas.analysis_epsg == BRITISH_NATIONAL_GRID_EPSG
    return gpd.GeoDataFrame(
        {
            "site_id": rows["site_id"],
            "name": rows["name"],
            "grid_ref": [grid_reference(at.x, at.y) if british else "" for at in rows.geometry],
            "ward": rows["ward"].fillna(""),
            "hours": sites["hours"].fillna("").to_numpy(),
            "access": sites["notes"].fillna("").to_numpy(),
            "why": [" ".join(why[site][:2]) for site in rows["site_id"]],
        },
        geometry=rows.geometry,
        crs=rows.crs,
    )


def _day(day: dt.date) -> str:
    return f"{day.day} {month_short(pd.Period(day, freq='M'))}"


def _assumed(
    found: BusPlan, settings: Settings, first: dt.date, last: dt.date, days: Mapping[dt.date, str]
) -> tuple[str, ...]:
    """Return what the plan takes for granted: the walk, the evenings, holidays and terms."""
    bus = settings.bus
    way = (
        "along the streets given"
        if bus.network
        else f"{bus.walk_m / bus.walk_factor:.0f} m in a straight line times {bus.walk_factor:g}"
    )
    said = [
        f"Young people walk up to {bus.walk_m:g} m to a stop, {way}.",
        f"Between two stops the bus drives {bus.speed_kmh:g} km/h on average.",
    ]
    if not found.need.timed:
        said.append("The incidents do not tell evenings apart: need is taken as equal over them.")
    within = sorted((day, name) for day, name in days.items() if first <= day <= last)
    if not within:
        return (*said, "No holidays or terms are known of these weeks; give the events tracker for them.")
    # Days in a row with one name are one span.
    spans = []
    for name, run in groupby(within, key=lambda item: item[1]):
        held = [day for day, _ in run]
        spans.append(f"{name} {_day(held[0])}" + (f" to {_day(held[-1])}" if len(held) > 1 else ""))
    said.append(f"Holidays and terms: {'; '.join(spans)}.")
    known = max(day for day in days)
    if known < last:
        said.append(f"After {_day(known)} the events tracker holds no holidays or terms.")
    return tuple(said)
