"""The main job: a month of incidents becomes LSOAs, hotspots, one offline map and its pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.analysis.life import COUNTED_MONTHS, EarlierPack
from hotspots.errors import InputError
from hotspots.files import check_target
from hotspots.intake.accept import empty_rejects, number_rejects
from hotspots.intake.files import InputFile, sha256, sha256_on_disk, shown_name, unpack
from hotspots.maps.offline import tile_server
from hotspots.maps.page import build_page
from hotspots.maps.quality_page import build_quality_page
from hotspots.pack.folder import PACK_FILES, Pack, write_pack
from hotspots.pack.previous import MANIFEST, read_places, read_previous
from hotspots.pipeline.auto import choose_method
from hotspots.pipeline.backdrop import with_backdrop
from hotspots.pipeline.content import gather_facts, ground_findings, incident_sources, notices, page_content
from hotspots.pipeline.events import read_tracker
from hotspots.pipeline.figures import month_figures
from hotspots.pipeline.inputs import Inputs, Loaded, load, parse_month
from hotspots.pipeline.manifest import manifest
from hotspots.pipeline.quality import area_of, assess, quality_content
from hotspots.pipeline.stages import MonthTables, make_tables
from hotspots.pipeline.tension_layer import log_rejects, month_log, with_tensions
from hotspots.tables.tensions import PARTNERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

    from hotspots.intake.events import EventsIntake
    from hotspots.pack.words import Facts
    from hotspots.pipeline.tensions import TensionList
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
    tensions: Path | None = None
    """The community tension log: then the page is for partners of the meeting only."""


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
    findings: tuple[tuple[str, tuple[str, ...]], ...]
    """What was found beside the headline: heading and sentences."""
    manifest: dict[str, Any]
    tensions: TensionList | None
    """What the tension log said at the end of the month, where one is given."""


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
    target = _target(request)
    events = read_tracker(request.events, settings) if request.events else None
    log = month_log(request.tensions, parse_month(request.inputs.month), settings.tensions)
    earlier = read_previous(request.previous) if request.previous is not None else None
    before = _earlier(request, earlier, settings)
    loaded, backdrop = with_backdrop(load(request.inputs, settings, progress), settings)
    quality = assess(loaded, earlier)
    chosen = choose_method(loaded, settings, progress)
    settings = chosen.settings
    say("Finding hotspots")
    tables = make_tables(loaded, settings, events, before, progress)
    facts = gather_facts(request.inputs, settings, loaded, tables.found.focus, tables.found.hotspots)
    say("Drawing the map")
    how: dict[str, Any] = {"tiles": request.tiles, "choice": chosen.sentences, "backdrop": backdrop}
    content = with_tensions(page_content(tables, facts, loaded, settings, **how), log, loaded.areas, settings.tensions)
    say("Writing the pack")
    document = _document(request, settings, loaded, tables, events) | {"choice": chosen.document}
    pack = _pack(
        request,
        settings,
        loaded,
        tables,
        page=build_page(content),
        rejects=_rejects(loaded, events, log),
        quality=quality,
        manifest=document,
        figures=month_figures(tables, facts, content),
    )
    write_pack(pack, target, replace=request.force)
    found, coming = (*content.words.findings, *ground_findings(tables)), len(tables.coming.events)
    return MonthResult(target, loaded, tables.found.hotspots, facts, events, coming, quality, found, document, log)


def _target(request: MonthRequest) -> Path:
    """Return the pack's folder; what cannot be used is said before the work, not after it."""
    target = request.out / str(parse_month(request.inputs.month))
    check_target(target, replace=request.force, own=PACK_FILES)
    if request.tiles is not None:
        tile_server(request.tiles)
    return target


def _earlier(request: MonthRequest, document: dict[str, Any] | None, settings: Settings) -> EarlierPack | None:
    """Return the hotspots of the earlier pack, whose ids are kept."""
    if request.previous is None or document is None:
        return None
    month = parse_month(document["month"])
    if month > parse_month(request.inputs.month):
        raise InputError(
            f"--previous {request.previous} is the pack of {month}, later than {request.inputs.month}; "
            "give an earlier one."
        )
    places = read_places(request.previous, epsg=settings.areas.analysis_epsg)
    seen = pd.PeriodIndex(places["last_seen"].fillna(str(month)), freq="M")
    return EarlierPack(month, places[seen > month - COUNTED_MONTHS])


def _pack(
    request: MonthRequest,
    settings: Settings,
    loaded: Loaded,
    tables: MonthTables,
    **made: Any,  # noqa: ANN401
) -> Pack:
    """Gather what the pack is made of; ``made`` holds the fields that are finished."""
    quality, found = made["quality"], tables.found
    checked = build_quality_page(quality_content(loaded, quality, area_of(request.inputs, loaded), settings))
    return Pack(
        hotspots=found.hotspots,
        areas=tables.areas,
        incidents=tables.context,
        events=tables.coming.events,
        quality_page=checked,
        tables={
            "hotspot_months": found.life.counts.rename(columns=str),
            "past": found.past,
            "neighbours": found.neighbours,
            "concentration": tables.findings.concentration,
            "when": tables.when.week,
            "timed": tables.when.timed,
            "season": tables.when.season,
            "exposure": tables.coming.exposure,
            "earlier": tables.coming.earlier,
        },
        layers={
            "past": found.past,
            "neighbours": found.neighbours,
            "cells": tables.cells.cells,
            "density": tables.bands,
        },
        **made,
    )


def _rejects(loaded: Loaded, events: EventsIntake | None, log: TensionList | None) -> pd.DataFrame:
    parts = [loaded.intake.rejects, None if events is None else events.rejects, log_rejects(log)]
    filled = [part for part in parts if part is not None and len(part)]
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
    if request.tensions is not None:
        files.append(InputFile("tensions", shown_name(request.tensions), sha256_on_disk(request.tensions)))
    document = manifest(loaded, files, settings, tables.found.parameters, tables.measures) | {
        "notices": [*notices(settings, loaded), *([PARTNERS] if request.tensions is not None else [])],
        "report": {"marking": settings.report.marking, "sources": list(incident_sources(loaded, settings))},
        "tests": tables.tested,
    }
    previous = None
    if request.previous is not None:
        path = request.previous / MANIFEST
        previous = {"month": read_previous(request.previous)["month"], "sha256": sha256(path.read_bytes())}
    document["parameters"] |= {"areas": list(request.inputs.areas), "tiles": request.tiles, "previous": previous}
    return document
