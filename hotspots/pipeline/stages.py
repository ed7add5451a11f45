"""The stages of a month in their order: from located incidents to the tables of its pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hotspots.analysis.area_stats import area_stats
from hotspots.analysis.area_tests import area_tests, quiet_areas
from hotspots.analysis.bands import density_bands
from hotspots.analysis.cell_tests import cell_tests
from hotspots.analysis.methods import grid_of
from hotspots.pack.words import area_name
from hotspots.pipeline.area_findings import AreaFindings, area_findings
from hotspots.pipeline.coming import Coming, coming_events
from hotspots.pipeline.held_out import held_out
from hotspots.pipeline.measures import classed, tested
from hotspots.pipeline.month_hotspots import MonthHotspots, month_hotspots
from hotspots.pipeline.when_findings import WhenFindings, month_counts, when_findings
from hotspots.places.areas import outline_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from hotspots.analysis.area_tests import AreaTests
    from hotspots.analysis.cell_tests import CellTests
    from hotspots.analysis.life import EarlierPack
    from hotspots.intake.events import EventsIntake
    from hotspots.maps.content import Measure, Tested
    from hotspots.pipeline.inputs import Loaded
    from hotspots.settings import Settings


@dataclass(frozen=True)
class MonthTables:
    """What the stages made of a month, in the analysis CRS."""

    context: gpd.GeoDataFrame
    """LOCATED rows of the window in the area or its ring, all categories."""
    areas: gpd.GeoDataFrame
    """AREA_STATS with its classes."""
    measures: tuple[Measure, ...]
    """What colours the areas."""
    labels: tuple[Tested, ...]
    """What tests said of them."""
    outline: BaseGeometry
    """Outline of the area."""
    found: MonthHotspots
    """The hotspots, and all that is told of them."""
    cells: CellTests
    """The equal cells, and what their tests found."""
    bands: gpd.GeoDataFrame
    """The densest ground of the area."""
    when: WhenFindings
    """Days and hours, calendar months."""
    coming: Coming
    """The events of the month and the next, and what they fall on."""
    findings: AreaFindings
    """What the tests of the LSOAs found."""
    held_out: str
    """How the method did on the last months, none of which it had seen: one or two sentences."""
    tested: dict[str, Any]
    """How LSOAs and cells were tested, for the manifest."""


def make_tables(
    loaded: Loaded,
    settings: Settings,
    events: EventsIntake | None,
    previous: EarlierPack | None = None,
    progress: Callable[[str], None] | None = None,
) -> MonthTables:
    """Run the stages: the hotspots and all that is told of them, the areas, the cells, the events of the period.

    Parameters
    ----------
    loaded
        The tables the job starts from.
    settings
        The settings in force.
    events
        The register, where one is given.
    previous
        An earlier pack, whose ids are kept.
    progress
        Called with a few words before each step.

    Returns
    -------
    MonthTables
        In the analysis CRS.

    Raises
    ------
    InputError
        The points where crowds disperse cannot be read.
    """
    context = loaded.located[loaded.located["month"].isin(loaded.window.months) & (loaded.located["zone"] != "beyond")]
    found = month_hotspots(loaded, settings, context, previous=previous, progress=progress)
    (progress or (lambda _: None))("Testing the areas")
    tests = _area_tests(loaded)
    areas, measures = classed(tests.stats, found.focus, settings, loaded.window.months)
    cells = _cells(loaded, settings, found.focus)
    members = found.focus.join(found.members)
    by_part = bool(settings.focus.part_of_day)
    when = when_findings(members, found.hotspots.index, month_counts(loaded), by_part=by_part)
    return MonthTables(
        context=context,
        areas=areas,
        measures=measures,
        labels=tested(loaded.month, len(loaded.window.months)),
        outline=outline_of(loaded.areas[loaded.areas["zone"] == "area"]),
        found=found,
        cells=cells,
        bands=_bands(loaded, found.focus),
        when=when,
        coming=coming_events(events, loaded, found.hotspots, when.week, settings),
        findings=area_findings(tests, loaded.focus.name),
        held_out=held_out(loaded, settings, area_name((), loaded.areas[loaded.window.known])),
        tested={"lsoas": tests.document(), "cells": cells.document()},
    )


def _cells(loaded: Loaded, settings: Settings, focus: gpd.GeoDataFrame) -> CellTests:
    """Test equal cells of the ground with data."""
    zone = loaded.areas["zone"]
    # Where no row of any kind lies, the files are a selection, and zeros would make the others hot.
    quiet = quiet_areas(loaded.located, loaded.areas, loaded.window.months)
    known = loaded.window.known & ~loaded.areas.index.isin(quiet)
    grid = grid_of(settings.hotspots)
    covered = outline_of(loaded.areas[known & (zone != "beyond")])
    return cell_tests(focus, loaded.month, grid, covered, outline_of(loaded.areas[known & (zone == "area")]))


def _bands(loaded: Loaded, focus: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Draw the densest ground of the area with data."""
    known, zone = loaded.window.known, loaded.areas["zone"]
    covered = outline_of(loaded.areas[known & (zone != "beyond")])
    return density_bands(focus, outline_of(loaded.areas[known & (zone == "area")]), covered)


def _area_tests(loaded: Loaded) -> AreaTests:
    """Count and test the LSOAs."""
    window = loaded.window
    counted = area_stats(loaded.located, loaded.areas, window.covered, window.months)
    quiet = quiet_areas(loaded.located, loaded.areas, window.months)
    return area_tests(
        counted,
        loaded.located,
        window.covered,
        window.months,
        untested=window.thin,
        quiet=counted.index.intersection(quiet),
    )
