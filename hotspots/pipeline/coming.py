"""What is coming: the events of the month and the next, and which of the next fall on hotspots."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from hotspots.events.around import near_stops
from hotspots.events.earlier import earlier
from hotspots.events.exposure import exposure
from hotspots.events.recurrence import expand
from hotspots.intake.point_layers import read_points
from hotspots.pack.words import month_name
from hotspots.pipeline.exposure_findings import ExposureFindings, coming_period, exposure_findings, peak_hours
from hotspots.pipeline.inputs import in_tests
from hotspots.pipeline.when_findings import month_counts
from hotspots.tables.events import events_table

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.intake.events import EventsIntake
    from hotspots.pipeline.inputs import Loaded
    from hotspots.settings import Settings

_ZONE = "Europe/London"


@dataclass(frozen=True)
class Coming:
    """What the register says of the time ahead, in the analysis CRS."""

    events: gpd.GeoDataFrame
    """EVENTS of the month and the one after it, a recurring one once."""
    dates: gpd.GeoDataFrame
    """OCCURRENCES of these events in the two months; cancelled ones too, which a page lists and does not count."""
    exposure: pd.DataFrame
    """EXPOSURE of the month after."""
    earlier: pd.DataFrame
    """EARLIER of its events."""
    findings: ExposureFindings | None
    """What there is to say; none: there is no register."""


def coming_events(
    events: EventsIntake | None, loaded: Loaded, hotspots: gpd.GeoDataFrame, week: pd.DataFrame, settings: Settings
) -> Coming:
    """Look at the month and the one after it.

    Parameters
    ----------
    events
        The register, where one is given.
    loaded
        The tables the job starts from.
    hotspots
        HOTSPOTS.
    week
        WHEN of them.
    settings
        The settings in force.

    Returns
    -------
    Coming
        Without a register every table is empty.

    Raises
    ------
    InputError
        The points where crowds disperse cannot be read.
    """
    epsg, near_m = settings.areas.analysis_epsg, settings.events.near_m
    how = {"reach_m": near_m, "dispersal_h": settings.events.dispersal_h}
    table = events_table({}, epsg=epsg) if events is None else events.events
    ahead = expand(table, *coming_period(loaded.month))
    around = _stops_around(table, settings, epsg)
    exposed = exposure(ahead, hotspots, peak_hours(hotspots, week), loaded.areas, dispersal_stops=around, **how)
    months = month_counts(loaded).index
    held = _held(table, months)
    # A date that runs from this month into the next is ahead, and nothing that was held before.
    held = held[~held.index.isin(ahead.index)]
    before = earlier(ahead, held, in_tests(loaded.located, loaded), pd.PeriodIndex(months, freq="M"), reach_m=near_m)
    said = exposure_findings(exposed, ahead, hotspots, before, period=month_name(loaded.month + 1), **how)
    both, dates = _of_both(table, loaded.month)
    return Coming(both, dates, exposed, before, None if events is None else said)


def _stops_around(table: gpd.GeoDataFrame, settings: Settings, epsg: int) -> dict[str, tuple[str, ...]]:
    """Return the names of the stops around each event."""
    if not settings.events.dispersal_stops or table.empty:
        return {}
    placed = table[table.geometry.notna()]
    if placed.empty:
        return {}
    reach_m = settings.events.near_m
    within = shapely.box(*placed.total_bounds).buffer(reach_m)
    path = Path(settings.events.dispersal_stops)
    points = read_points(path, "[events] dispersal_stops", epsg=epsg, within=within)
    return {str(event): names for event, names in near_stops(table, points, reach_m).items() if names}


def _held(table: gpd.GeoDataFrame, months: pd.Index) -> gpd.GeoDataFrame:
    """Return what was held in the time that the files hold."""
    if not len(months):
        return expand(table.iloc[:0], pd.Timestamp(0, tz=_ZONE), pd.Timestamp(0, tz=_ZONE))
    first, last = months[0].start_time.tz_localize(_ZONE), months[-1].end_time.tz_localize(_ZONE)
    return expand(table, first.as_unit("us"), last.as_unit("us"))


def _of_both(table: gpd.GeoDataFrame, month: pd.Period) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the events that fall in the month or the one after it, and their dates in it."""
    start = month.start_time.tz_localize(_ZONE)
    stop = (month + 2).start_time.tz_localize(_ZONE)
    over = table["ends_at"].fillna(table["starts_at"])
    # A recurring event is one row: it is of the period when one of its days is.
    as_if = table.assign(status=table["status"].where(table["status"] != "cancelled", "planned"))
    dates = expand(as_if, start, stop - pd.Timedelta("1us"))
    dates = dates.assign(status=table["status"].reindex(dates["event_id"]).astype("str").array)
    once = table["rrule"].isna() & (table["starts_at"] < stop) & ((over > start) | (table["starts_at"] >= start))
    return table[once | (table["rrule"].notna() & table.index.isin(dates["event_id"]))], dates
