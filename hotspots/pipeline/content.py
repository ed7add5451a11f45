"""A month's tables and sentences become the content of one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots.analysis.hotspots import locations
from hotspots.intake.accept import STREET_LEVEL
from hotspots.intake.coordinates import REASONS
from hotspots.intake.mapped import UNKNOWN_POSTCODE
from hotspots.maps.content import Measure, MonthCount, PageContent, Words
from hotspots.pack import words
from hotspots.places.areas import neighbours_of
from hotspots.stats.usual import usual_total

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from hotspots.pipeline.area_findings import AreaFindings
    from hotspots.pipeline.inputs import Inputs, Loaded
    from hotspots.settings import Settings

_GROUND_REACH_M = 12_000.0
_GROUND_TOLERANCE_M = 40.0


@dataclass(frozen=True)
class MonthTables:
    """What the stages made of a month, in the analysis CRS."""

    context: gpd.GeoDataFrame
    """LOCATED rows of the window in the area or its ring, all categories."""
    areas: gpd.GeoDataFrame
    """AREA_STATS with its classes."""
    measures: tuple[Measure, ...]
    """What colours the areas."""
    outline: BaseGeometry
    """Outline of the area."""
    hotspots: gpd.GeoDataFrame
    """HOTSPOTS."""
    parameters: dict[str, Any]
    """How they were found."""
    events: gpd.GeoDataFrame
    """EVENTS of the month and the one after it."""
    findings: AreaFindings
    """What the tests of the LSOAs found."""


def page_content(
    tables: MonthTables,
    facts: words.Facts,
    loaded: Loaded,
    settings: Settings,
    *,
    tiles: str | None = None,
) -> PageContent:
    """Return the content of the month's page.

    Parameters
    ----------
    tables, facts
        What the page shows and says.
    loaded, settings
        The tables the job started from, and the settings in force.
    tiles
        URL template of a tile server.

    Returns
    -------
    PageContent
        Labelled frames and finished sentences.
    """
    return PageContent(
        words=_words(facts, tables, loaded, settings),
        measures=tables.measures,
        months=_month_bars(facts.months),
        areas=tables.areas,
        outline=tables.outline,
        neighbours=neighbours_of(loaded.areas, reach_m=_GROUND_REACH_M, tolerance_m=_GROUND_TOLERANCE_M),
        hotspots=tables.hotspots,
        locations=locations(in_tests(tables.context, loaded), loaded.month),
        events=tables.events,
        tiles=tiles,
    )


def notices(settings: Settings, loaded: Loaded) -> list[str]:
    """Return the lines that the page must carry: the one of the settings, and parts of the area without data."""
    return [*filter(None, [settings.report.notice]), *loaded.warnings]


def in_tests(context: gpd.GeoDataFrame, loaded: Loaded) -> gpd.GeoDataFrame:
    """Return the rows in focus without those of LSOAs whose force lacks a month: they are no data.

    Parameters
    ----------
    context
        LOCATED rows of the window in the area or its ring.
    loaded
        The tables the job started from.

    Returns
    -------
    GeoDataFrame
        LOCATED rows; a row in no LSOA stays.
    """
    counted = context["lsoa_code"].map(loaded.window.known).fillna(value=True).astype(bool)
    return context[context["in_focus"] & counted]


def gather_facts(
    inputs: Inputs,
    settings: Settings,
    loaded: Loaded,
    focus: gpd.GeoDataFrame,
    hotspots: gpd.GeoDataFrame,
) -> words.Facts:
    """Return what the sentences are made of.

    Parameters
    ----------
    inputs, settings
        What was asked for.
    loaded
        The tables the job started from.
    focus
        LOCATED rows in focus, of the window, in the area or its ring.
    hotspots
        HOTSPOTS.

    Returns
    -------
    Facts
        Counts of the area by month, its usual range, and shares.
    """
    own = focus[focus["zone"] == "area"]
    asked = pd.period_range(end=loaded.month, periods=settings.hotspots.window_months, freq="M")
    counts = own.groupby("month").size().reindex(loaded.window.months, fill_value=0).reindex(asked).astype("Int64")
    whole = counts[~counts.index.isin(loaded.window.thin)].dropna()
    comparable = loaded.month not in loaded.window.thin
    others = whole.drop(loaded.month, errors="ignore").to_numpy(dtype=np.int64)
    unlocated = int(loaded.intake.rejects["reason"].isin([*REASONS, UNKNOWN_POSTCODE]).sum())
    sources = set(loaded.intake.incidents["source"])
    return words.Facts(
        month=loaded.month,
        area=words.area_name(inputs.areas, loaded.areas[loaded.window.known]),
        focus=loaded.focus.name,
        months=counts,
        usual=usual_total(others) if comparable else None,
        hotspots=hotspots,
        share_of_area=float(hotspots["share_of_area"].sum()),
        share_of_n=float(hotspots["share_of_n"].sum()),
        institutional=float(own["institutional"].mean()) if len(own) else 0.0,
        unlocated=unlocated / max(int(loaded.intake.accounts["read"].sum()), 1),
        own_sources=tuple(sorted(sources - {STREET_LEVEL})),
        street_level=STREET_LEVEL in sources,
        incomplete=not comparable,
    )


def _words(
    facts: words.Facts,
    tables: MonthTables,
    loaded: Loaded,
    settings: Settings,
) -> Words:
    population = "Population: Office for National Statistics, Open Government Licence v3.0."
    sources = incident_sources(loaded, settings)
    if loaded.areas["population"].notna().any():
        sources = (*sources, population)
    method = words.method(facts, tables.parameters, settings)
    method = (*method, ("What the LSOAs show", " ".join(tables.findings.sentences)))
    if loaded.notes:
        method = (*method, ("About this input", " ".join(loaded.notes)))
    return Words(
        title=words.title(facts, settings),
        subtitle=words.subtitle(facts),
        marking=settings.report.marking,
        notices=tuple(notices(settings, loaded)),
        headline=words.headline(facts),
        method=method,
        sources=sources,
        month_short=words.month_short(facts.month),
        locations="incident locations" if facts.own_sources else "incident locations, approximate",
    )


def incident_sources(loaded: Loaded, settings: Settings) -> tuple[str, ...]:
    """Return the lines that say whose incidents and boundaries a page shows."""
    of_row = loaded.intake.incidents["source"]
    forces = loaded.intake.force[(of_row == STREET_LEVEL).to_numpy()]
    return words.sources(sorted(set(forces) - {""}), sorted(set(of_row) - {STREET_LEVEL}), settings)


def _month_bars(months: pd.Series) -> tuple[MonthCount, ...]:
    return tuple(
        MonthCount(words.month_short(month, year=True), None if pd.isna(n) else int(n))
        for month, n in zip(months.index, months, strict=True)
    )
