"""The main job: a month of incidents becomes LSOAs, hotspots, one offline map and its pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from hotspots.analysis.area_stats import area_stats, class_breaks, classify
from hotspots.analysis.area_tests import area_tests, quiet_areas
from hotspots.analysis.hotspots import find_hotspots, hotspot_table
from hotspots.analysis.methods import Surroundings
from hotspots.files import check_target
from hotspots.intake.accept import empty_rejects, number_rejects
from hotspots.intake.events import EventsIntake, read_events
from hotspots.intake.files import InputFile, sha256, unpack
from hotspots.maps.content import Measure
from hotspots.maps.offline import tile_server
from hotspots.maps.page import build_page
from hotspots.maps.quality_page import build_quality_page
from hotspots.pack.folder import PACK_FILES, Pack, write_pack
from hotspots.pack.previous import read_previous
from hotspots.pack.words import months_word
from hotspots.pipeline.area_findings import AreaFindings, area_findings
from hotspots.pipeline.content import MonthTables, gather_facts, in_tests, notices, page_content
from hotspots.pipeline.inputs import Inputs, Loaded, load, parse_month
from hotspots.pipeline.manifest import manifest
from hotspots.pipeline.quality import area_of, assess, quality_content
from hotspots.places.areas import outline_of
from hotspots.places.names import name_hotspots
from hotspots.tables import EVENTS, check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from hotspots.pack.words import Facts
    from hotspots.settings import Settings


@dataclass(frozen=True, slots=True)
class MonthRequest:
    """What ``hotspots run`` is asked for."""

    inputs: Inputs
    out: Path
    """Folder of packs; the pack is ``out/YYYY-MM``."""
    events: Path | None = None
    tiles: str | None = None
    """URL template of a tile server, chosen knowingly."""
    force: bool = False
    """Replace an existing pack."""
    settings_file: Path | None = None
    """The settings file that was read, for the manifest."""
    previous: Path | None = None
    """An earlier pack, to name the files revised since."""


@dataclass(frozen=True)
class MonthResult:
    """The pack, and what its summary needs."""

    pack: Path
    loaded: Loaded
    hotspots: gpd.GeoDataFrame
    """HOTSPOTS."""
    facts: Facts
    events: EventsIntake | None
    n_events: int
    """Events in the month and the one after it."""
    quality: pd.DataFrame
    """QUALITY."""
    findings: AreaFindings
    """What the tests of the LSOAs found."""
    manifest: dict[str, Any]


def run_month(
    request: MonthRequest,
    settings: Settings,
    progress: Callable[[str], None] | None = None,
) -> MonthResult:
    """Make the pack of one month.

    Parameters
    ----------
    request, settings
        Files, choices and where the pack goes.
    progress
        Called with a few words before each step.

    Returns
    -------
    MonthResult
        The pack folder as written, and its tables.

    Raises
    ------
    InputError
        A file is missing or not what it was given as, or the month is not in the files.
    SettingsError
        An area, crime type, tile URL or setting cannot be used.
    OutputError
        The pack exists, is held open, or cannot be written.
    """
    say = progress or (lambda _: None)
    target = request.out / str(parse_month(request.inputs.month))
    check_target(target, replace=request.force, own=PACK_FILES)
    if request.tiles is not None:
        tile_server(request.tiles)  # an address that cannot be used is said before the work, not after it
    events = read_events(request.events, epsg=settings.areas.analysis_epsg) if request.events else None
    earlier = read_previous(request.previous) if request.previous is not None else None
    loaded = load(request.inputs, settings, progress)
    quality = assess(loaded, earlier)
    say("Finding hotspots")
    tables = _tables(loaded, settings, events)
    facts = gather_facts(request.inputs, settings, loaded, in_tests(tables.context, loaded), tables.hotspots)
    say("Drawing the map")
    page = build_page(page_content(tables, facts, loaded, settings, tiles=request.tiles))
    say("Writing the pack")
    document = _document(request, settings, loaded, tables, events)
    pack = _pack(
        request,
        settings,
        loaded,
        tables,
        page=page,
        rejects=_rejects(loaded, events),
        quality=quality,
        manifest=document,
    )
    write_pack(pack, target, replace=request.force)
    return MonthResult(
        target, loaded, tables.hotspots, facts, events, len(tables.events), quality, tables.findings, document
    )


def _pack(
    request: MonthRequest,
    settings: Settings,
    loaded: Loaded,
    tables: MonthTables,
    **made: Any,  # noqa: ANN401
) -> Pack:
    """Gather what the pack is made of; ``made`` holds the fields that are finished."""
    quality = made["quality"]
    checked = build_quality_page(quality_content(loaded, quality, area_of(request.inputs, loaded), settings))
    return Pack(
        hotspots=tables.hotspots,
        areas=tables.areas,
        concentration=tables.findings.concentration,
        incidents=tables.context,
        events=tables.events,
        quality_page=checked,
        **made,
    )


def _tables(loaded: Loaded, settings: Settings, events: EventsIntake | None) -> MonthTables:
    """Run the stages: hotspots, their names, the areas, the events of the period."""
    context = loaded.located[loaded.located["month"].isin(loaded.window.months) & (loaded.located["zone"] != "beyond")]
    focus = in_tests(context, loaded)
    own = loaded.areas["zone"] == "area"
    outline = outline_of(loaded.areas[own])
    # Ground without data is not ground without incidents: shares are of what the files cover.
    known = loaded.window.known
    searched = outline if known[own].all() else outline_of(loaded.areas[own & known])
    near = loaded.located[(loaded.located["month"] <= loaded.month) & (loaded.located["zone"] != "beyond")]
    around = Surroundings(
        history=in_tests(near, loaded),
        window=loaded.window.months,
        areas=loaded.areas[known],
        outline=searched,
        covered=_covered(loaded),
    )
    found = find_hotspots(focus, around, settings.hotspots)
    names = name_hotspots(focus, found.members, loaded.areas)
    hotspots = hotspot_table(focus, found, names, searched, loaded.window.months, untested=loaded.window.thin)
    areas, measures, findings = _areas(loaded, settings)
    coming = _coming(events, loaded.month, settings.areas.analysis_epsg)
    return MonthTables(context, areas, measures, outline, hotspots, found.parameters, coming, findings)


def _covered(loaded: Loaded) -> BaseGeometry | None:
    """Return the ground with data, where the area or its ring has ground without."""
    near = loaded.areas[loaded.areas["zone"] != "beyond"]
    known = loaded.window.known.reindex(near.index)
    return None if known.all() else outline_of(near[known])


def _areas(loaded: Loaded, settings: Settings) -> tuple[gpd.GeoDataFrame, tuple[Measure, ...], AreaFindings]:
    """Return AREA_STATS with its tests and classes, the measures that colour the map, and what the tests found."""
    window = loaded.window
    counted = area_stats(loaded.located, loaded.areas, window.covered, window.months)
    quiet = quiet_areas(loaded.located, loaded.areas, window.months)
    tests = area_tests(
        counted,
        loaded.located,
        window.covered,
        window.months,
        untested=window.thin,
        quiet=counted.index.intersection(quiet),
    )
    areas = tests.stats.copy()
    own = areas[areas["zone"] == "area"]
    span = months_word(len(loaded.window.months))
    wanted = [("rate_per_km2", "map_class", f"Incidents per km², {span}", settings.map.class_breaks_per_km2)]
    if own["rate_per_1000"].notna().any():
        per_1000 = f"Incidents per 1,000 residents, {span}"
        wanted.append(("rate_per_1000", "map_class_per_1000", per_1000, settings.map.class_breaks_per_1000))
    measures = []
    for column, class_column, title, fixed in wanted:
        breaks = fixed or class_breaks(own[column])
        areas[class_column] = classify(areas[column], breaks)
        measures.append(Measure(column, class_column, title, breaks))
    return areas, tuple(measures), area_findings(tests, loaded.focus.name)


def _coming(events: EventsIntake | None, month: pd.Period, epsg: int) -> gpd.GeoDataFrame:
    """Return the events that fall in the month or the one after it."""
    if events is None:
        columns = {name: pd.Series(dtype="str") for name in EVENTS.columns if name != "geometry"}
        empty = gpd.GeoDataFrame(
            columns, geometry=gpd.GeoSeries([], crs=epsg), index=pd.Index([], dtype="str", name="event_id")
        )
        zone = pd.DatetimeTZDtype("us", "Europe/London")
        return check(EVENTS, empty.astype({"starts_at": zone, "ends_at": zone}))
    table = events.events
    start = month.start_time.tz_localize("Europe/London")
    stop = (month + 2).start_time.tz_localize("Europe/London")
    over = table["ends_at"].fillna(table["starts_at"])
    return table[(table["starts_at"] < stop) & (over >= start)]


def _rejects(loaded: Loaded, events: EventsIntake | None) -> pd.DataFrame:
    parts = [loaded.intake.rejects, *([events.rejects] if events is not None else [])]
    filled = [part for part in parts if len(part)]
    return number_rejects(pd.concat(filled)) if filled else empty_rejects()


def _document(
    request: MonthRequest,
    settings: Settings,
    loaded: Loaded,
    tables: MonthTables,
    events: EventsIntake | None,
) -> dict[str, Any]:
    """Return the manifest with what only this job knows."""
    files = [*loaded.files, *([events.file] if events is not None else [])]
    if request.settings_file is not None:
        data = unpack(request.settings_file)
        files.append(InputFile("settings", request.settings_file.name, sha256(data)))
    document = manifest(loaded, files, settings, tables.parameters, tables.measures) | {
        "notices": notices(settings, loaded)
    }
    document["parameters"] |= {"areas": list(request.inputs.areas), "tiles": request.tiles}
    return document
