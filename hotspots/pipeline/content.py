"""A month's tables and sentences become the content of one page."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.analysis.area_tests import quiet_areas
from hotspots.analysis.locations import locations, selections
from hotspots.geo.points import within_reach
from hotspots.intake.accept import STREET_LEVEL
from hotspots.intake.coordinates import REASONS
from hotspots.intake.mapped import UNKNOWN_POSTCODE
from hotspots.maps.content import MonthCount, PageContent, Period, Words
from hotspots.pack import words
from hotspots.pipeline.area_findings import cell_sentences
from hotspots.pipeline.border_findings import border_findings, neighbour_sides
from hotspots.pipeline.life_findings import life_findings
from hotspots.places.areas import neighbours_of
from hotspots.stats.usual import usual_total
from hotspots.tables.rhythm import AREA

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.maps.backdrop import Backdrop
    from hotspots.pipeline.inputs import Inputs, Loaded
    from hotspots.pipeline.stages import MonthTables
    from hotspots.settings import Settings

_GROUND_REACH_M = 12_000.0
_GROUND_TOLERANCE_M = 40.0


def page_content(
    tables: MonthTables,
    facts: words.Facts,
    loaded: Loaded,
    settings: Settings,
    *,
    tiles: str | None = None,
    choice: tuple[str, ...] = (),
    backdrop: Backdrop | None = None,
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
    choice
        How the method was chosen, in sentences; none: it was set.
    backdrop
        Roads, water and place names under the findings.

    Returns
    -------
    PageContent
        Labelled frames and finished sentences.
    """
    said = _words(facts, tables, loaded, settings, choice)
    if backdrop is not None:
        said = dataclasses.replace(said, sources=(*said.sources, backdrop.source))
    return PageContent(
        words=said,
        measures=tables.measures,
        tested=tables.labels,
        months=_month_bars(facts.months),
        areas=tables.areas,
        outline=tables.outline,
        neighbours=neighbours_of(loaded.areas, reach_m=_GROUND_REACH_M, tolerance_m=_GROUND_TOLERANCE_M),
        hotspots=tables.found.hotspots,
        locations=locations(tables.found.focus, loaded.month),
        selections=selections(tables.found.focus, tables.found.members),
        events=tables.coming.events,
        dates=tables.coming.dates,
        periods=_periods(loaded.month),
        counts=tables.found.life.counts,
        months_looked_at=len(tables.found.life.months),
        past=_gone(tables.found.past),
        drawn=_drawn(tables.found.life.drawn, facts.months),
        bands=tables.bands,
        near=_near(tables.found.hotspots, tables.coming.events, settings.events.near_m),
        week=tables.when.week[tables.when.week["place_id"] == AREA],
        beside=tables.found.neighbours,
        tiles=tiles,
        backdrop=None if backdrop is None else backdrop.payload,
    )


def notices(settings: Settings, loaded: Loaded) -> list[str]:
    """Return the lines that the page must carry: the one of the settings, and parts of the area without data."""
    return [*filter(None, [settings.report.notice]), *loaded.warnings]


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
    choice: tuple[str, ...],
) -> Words:
    population = "Population: Office for National Statistics, Open Government Licence v3.0."
    sources = incident_sources(loaded, settings)
    if loaded.areas["population"].notna().any():
        sources = (*sources, population)
    method = words.method(facts, tables.found.parameters, settings)
    method = (*method, *((heading, " ".join(sentences)) for heading, sentences in ground_findings(tables)))
    chosen = (("How the method was chosen", choice),) if choice else ()
    ahead = tables.coming.findings
    if ahead is not None:
        method = (*method, ahead.method)
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
        findings=(*_findings(facts, tables, loaded, settings), *chosen),
        month_short=words.month_short(facts.month),
        coming=() if ahead is None else ahead.sentences,
        locations="incident locations" if facts.own_sources else "incident locations, approximate",
    )


def ground_findings(tables: MonthTables) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what the tests of the LSOAs and of the equal cells found, under headings.

    Parameters
    ----------
    tables
        What the stages made.

    Returns
    -------
    tuple
        Heading and finished sentences.
    """
    return (
        ("What the LSOAs show", tables.findings.sentences),
        ("What equal cells show", cell_sentences(tables.cells)),
    )


def _findings(
    facts: words.Facts, tables: MonthTables, loaded: Loaded, settings: Settings
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what else was found of the hotspots, under headings."""
    found = tables.found
    quiet = quiet_areas(loaded.located, loaded.areas, loaded.window.months)
    border = border_findings(
        found.hotspots,
        found.neighbours,
        found.crossings,
        found.moved,
        neighbour_sides(loaded.areas, loaded.window, quiet, facts.area),
        area=facts.area,
        focus=facts.focus,
        settings=settings,
    )
    return (
        ("On months it had not seen", (tables.held_out,)),
        ("Through the months", life_findings(found.hotspots, found.life)),
        ("Across the border", border),
        ("When", tables.when.sentences),
    )


def _periods(month: pd.Period) -> tuple[Period, ...]:
    """Return the spans of days that a meeting looks at: the month, the next one, and its first week and four."""
    start = (month + 1).start_time
    said = words.month_short(month + 1)
    spans = {
        words.month_short(month, year=True): (month.start_time, month.end_time),
        words.month_short(month + 1, year=True): (start, (month + 1).end_time),
        f"1–7 {said}": (start, start + pd.Timedelta(days=6)),
        f"1–28 {said}": (start, start + pd.Timedelta(days=27)),
    }
    coming = words.month_short(month + 1, year=True)
    return tuple(
        Period(title, f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}", opening=title == coming)
        for title, (first, last) in spans.items()
    )


def _drawn(drawn: gpd.GeoDataFrame, months: pd.Series) -> gpd.GeoDataFrame:
    """Return what the method drew in the earlier months of the window: the last month's stands on the page anyway."""
    return drawn[drawn["month"].isin(months.index[:-1])]


def _near(hotspots: gpd.GeoDataFrame, events: gpd.GeoDataFrame, reach_m: float) -> pd.DataFrame:
    """Return the events within reach of each hotspot."""
    pairs = within_reach(hotspots.geometry, events.geometry, reach_m)
    return pairs.rename(columns={"place": "hotspot_id", "other": "event_id"})


def _gone(past: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places whose ground is no hotspot now: what joined another lives on in it."""
    return past[past["succeeded_by"].isna()]


def incident_sources(loaded: Loaded, settings: Settings) -> tuple[str, ...]:
    """Return the lines that say whose incidents and boundaries a page shows."""
    of_row = loaded.intake.incidents["source"]
    forces = loaded.intake.force[(of_row == STREET_LEVEL).to_numpy()]
    return words.sources(sorted(set(forces) - {""}), sorted(set(of_row) - {STREET_LEVEL}), settings)


def _month_bars(months: pd.Series) -> tuple[MonthCount, ...]:
    return tuple(
        MonthCount(words.month_short(month, year=True), None if pd.isna(n) else int(n), str(month))
        for month, n in zip(months.index, months, strict=True)
    )
