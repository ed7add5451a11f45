"""What a plan of the outreach bus stands on: a saved month, or the input options of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.errors import InputError, SettingsError
from hotspots.intake.lookups import read_wards
from hotspots.intake.themes import SEPARATOR
from hotspots.pack.previous import MANIFEST
from hotspots.pack.saved import read_saved
from hotspots.pack.words import BOUNDARIES_LICENCE, OPEN_LICENCE, area_name, listed
from hotspots.pipeline.content import incident_sources, notices
from hotspots.pipeline.inputs import load, metric_crs, parse_month
from hotspots.pipeline.month_hotspots import month_hotspots
from hotspots.places.areas import neighbours_of, outline_of
from hotspots.tables import KEPT
from hotspots.tables.events import events_table
from hotspots.tables.tensions import PARTNERS

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from hotspots.intake.files import InputFile
    from hotspots.pipeline.inputs import Inputs
    from hotspots.settings import Bus, Settings

_GROUND_REACH_M = 12_000.0
_GROUND_TOLERANCE_M = 40.0


@dataclass(frozen=True)
class BusGround:
    """A month of incidents and the ground it lies on, in the analysis CRS."""

    month: pd.Period
    months: pd.PeriodIndex
    """Of the window, those that the files hold."""
    area: str
    """For example ``Bexley``."""
    incidents: gpd.GeoDataFrame
    """KEPT: every incident of the window in the area."""
    areas: gpd.GeoDataFrame
    """LSOAs of the area and its ring: ``lsoa_name``, ``borough``, ``ward``, ``zone``, ``area_km2``."""
    outline: BaseGeometry
    """Outline of the area."""
    neighbours: gpd.GeoDataFrame
    """Boroughs around, for the ground of the map."""
    hotspots: gpd.GeoDataFrame
    """HOTSPOTS."""
    events: gpd.GeoDataFrame
    """EVENTS that are known of the time ahead."""
    marking: str
    notices: tuple[str, ...]
    sources: tuple[str, ...]
    files: tuple[InputFile, ...]
    made_of: dict[str, Any]
    """What the manifest says of them."""


def saved_ground(pack: Path, settings: Settings) -> BusGround:
    """Return the ground that a pack holds.

    Parameters
    ----------
    pack
        Folder of the pack.
    settings
        The settings in force; the marking of the pack stays where they have none.

    Returns
    -------
    BusGround
        In the analysis CRS.

    Raises
    ------
    InputError
        The folder is no pack, or its layers or the wards cannot be read.
    SettingsError
        The CRS is not metric.
    """
    saved = read_saved(pack, epsg=metric_crs(settings.areas.analysis_epsg))
    report = saved.document.get("report", {})
    wards, files = _wards(settings)
    areas = saved.areas.assign(ward=wards.reindex(saved.areas.index).astype("str"))
    own = areas["zone"] == "area"
    used = saved.document.get("parameters", {}).get("months_used", [])
    months = pd.PeriodIndex(sorted(used), freq="M") if used else _months(saved.incidents)
    return BusGround(
        month=saved.month,
        months=months,
        area=area_name((), areas),
        incidents=saved.incidents[saved.incidents["zone"] == "area"],
        areas=areas[_AREA_COLUMNS],
        outline=outline_of(areas[own]),
        neighbours=neighbours_of(areas, reach_m=_GROUND_REACH_M, tolerance_m=_GROUND_TOLERANCE_M),
        hotspots=saved.hotspots,
        events=saved.events,
        marking=settings.report.marking or str(report.get("marking", "")),
        notices=_notices(saved.document, settings),
        # A pack of an earlier version does not say its sources.
        sources=tuple(str(line) for line in report.get("sources", (OPEN_LICENCE, BOUNDARIES_LICENCE))),
        files=files,
        made_of={"pack": str(saved.month), "inputs": saved.document.get("inputs", [])},
    )


def loaded_ground(inputs: Inputs, settings: Settings, progress: Callable[[str], None] | None = None) -> BusGround:
    """Return the ground that the input options of a run give.

    Parameters
    ----------
    inputs, settings
        Files and choices.
    progress
        Called with a few words before each step.

    Returns
    -------
    BusGround
        In the analysis CRS; without events.

    Raises
    ------
    InputError
        A file is missing or not what it was given as, or the month is not in the files.
    SettingsError
        An area, crime type or setting cannot be used.
    """
    loaded = load(inputs, settings, progress)
    (progress or (lambda _: None))("Finding hotspots")
    context = loaded.located[loaded.located["month"].isin(loaded.window.months) & (loaded.located["zone"] != "beyond")]
    found = month_hotspots(loaded, settings, context)
    near = loaded.areas[loaded.areas["zone"] != "beyond"]
    return BusGround(
        month=loaded.month,
        months=loaded.window.months,
        area=area_name(inputs.areas, loaded.areas[loaded.window.known]),
        incidents=context.loc[context["zone"] == "area", list(KEPT.columns)],
        areas=near[_AREA_COLUMNS],
        outline=outline_of(near[near["zone"] == "area"]),
        neighbours=neighbours_of(loaded.areas, reach_m=_GROUND_REACH_M, tolerance_m=_GROUND_TOLERANCE_M),
        hotspots=found.hotspots,
        events=events_table({}, epsg=settings.areas.analysis_epsg),
        marking=settings.report.marking,
        notices=tuple(notices(settings, loaded)),
        sources=incident_sources(loaded, settings),
        files=loaded.files,
        made_of={"month": str(parse_month(inputs.month))},
    )


_AREA_COLUMNS = ["lsoa_name", "borough", "ward", "zone", "area_km2", "geometry"]


def wanted_incidents(ground: BusGround, bus: Bus) -> gpd.GeoDataFrame:
    """Return the incidents that the bus is for.

    Parameters
    ----------
    ground
        From ``saved_ground`` or ``loaded_ground``.
    bus
        Crime types and themes.

    Returns
    -------
    GeoDataFrame
        Rows of ``ground.incidents`` of one of the crime types or themes; on the ground of hotspots alone where ``bus``
        says so.

    Raises
    ------
    InputError
        There is none.
    """
    rows = ground.incidents
    themes = {name.strip().casefold() for name in bus.themes}
    types = {name.strip().casefold() for name in bus.crime_types}
    carried = {
        text: not themes.isdisjoint(name.casefold() for name in str(text).split(SEPARATOR))
        for text in rows["themes"].unique()
    }
    wanted = rows["category"].str.casefold().isin(types) | rows["themes"].map(carried).astype(bool)
    if not wanted.any():
        raise InputError(
            f"None of {len(rows):,} incidents in {ground.area} is what the bus is for "
            f"({listed([*bus.crime_types, *bus.themes])}); set crime_types and themes under [bus]."
        )
    rows = rows[wanted]
    if not bus.only_hotspots:
        return rows
    inside = rows[rows.geometry.intersects(ground.hotspots.union_all())]
    if inside.empty:
        raise InputError(
            f"None of {len(rows):,} incidents that the bus is for lies in a hotspot of {ground.area}; set "
            "only_hotspots = false under [bus]."
        )
    return inside


def _months(incidents: gpd.GeoDataFrame) -> pd.PeriodIndex:
    months = incidents["month"]
    return pd.period_range(months.min(), months.max(), freq="M")


def _wards(settings: Settings) -> tuple[pd.Series, tuple[InputFile, ...]]:
    if not settings.areas.wards:
        return pd.Series(dtype="str"), ()
    wards, files = read_wards(Path(settings.areas.wards))
    return wards, files


def _notices(document: dict[str, Any], settings: Settings) -> tuple[str, ...]:
    # Of the tension log nothing is in a plan, so that its line need not be.
    held = [line for line in document.get("notices", []) if line != PARTNERS]
    lines = [*held, *filter(None, [settings.report.notice])]
    return tuple(dict.fromkeys(str(line) for line in lines))


def ground_of(
    pack: Path | None, inputs: Inputs | None, settings: Settings, progress: Callable[[str], None] | None = None
) -> BusGround:
    """Return the ground of a plan: that of a pack, or else that of the input options.

    Parameters
    ----------
    pack
        Folder of a month's pack; none: the input options.
    inputs
        The input options; none: the pack.
    settings
        The settings in force.
    progress
        Called with a few words before each step.

    Returns
    -------
    BusGround
        In the analysis CRS.

    Raises
    ------
    InputError
        A file or the pack cannot be used.
    SettingsError
        Both are given or neither, or a setting cannot be used.
    """
    if (pack is None) == (inputs is None):
        raise SettingsError(
            "Give either --pack, the folder of a month's pack, or --month, --boundaries and --incidents as for run."
        )
    if pack is not None:
        (progress or (lambda _: None))(f"Reading {pack.name or pack}/{MANIFEST}")
        return saved_ground(pack, settings)
    if inputs is None:  # said above; for the type checker
        raise SettingsError("Give --pack.")
    return loaded_ground(inputs, settings, progress)
