"""What a page shows: labelled frames and finished sentences, nothing left to compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to colour the areas: a rate column, its class column and the class bounds."""

    column: str
    """Column of AREA_STATS with the rate, for example ``rate_per_km2``."""
    class_column: str
    """Column of AREA_STATS with the class, 1 to ``len(breaks) + 1``; empty means no data."""
    title: str
    """Legend title, for example ``Incidents per km², 12 months``."""
    breaks: tuple[float, ...]
    """Rising lower bounds of the second and every later class."""
    divisor: str
    """Column of AREA_STATS that counts are divided by, for example ``area_km2``."""
    times: float
    """What counts are multiplied by first, for example 1000 for a rate per 1,000."""
    month_title: str
    """Legend title of a single month, for example ``Incidents per km² in one month``."""
    month_breaks: tuple[float, ...]
    """Bounds for the rates of single months: the same for every month of the window."""


@dataclass(frozen=True, slots=True)
class Tested:
    """Another way to colour the areas: what a test said of each."""

    column: str
    """Column of AREA_STATS with the label, for example ``change``."""
    title: str
    """Legend title, for example ``Dec 2021 against the other months, tested``."""
    labels: tuple[tuple[str, str], ...]
    """Value of the column and what the legend calls it, from below to above; any other value is not tested."""


@dataclass(frozen=True, slots=True)
class Words:
    """Every sentence on the page, as plain text; the page escapes it."""

    title: str
    """For example ``Serious violence hotspots · Bexley · December 2021``."""
    subtitle: str
    """For example ``1,412 incidents in 12 months · 73 this month (usual 55–91)``."""
    marking: str
    """Marking line on top; empty: none."""
    notices: tuple[str, ...]
    """Warnings that must be seen, such as ``Synthetic data: every incident is invented``."""
    headline: tuple[str, ...]
    """Two or three sentences that can be read aloud, made from tested numbers."""
    method: tuple[tuple[str, str], ...]
    """Heading and paragraph, in reading order."""
    sources: tuple[str, ...]
    """Sources with their licence lines."""
    month_short: str
    """The month's column heading, for example ``Dec``."""
    findings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What else was found of the hotspots: heading and sentences, in reading order."""
    coming: tuple[str, ...] = ()
    """What the register says of the time ahead, in sentences."""
    tensions: tuple[str, ...] = ()
    """What the tension log says, in sentences; for partners of the meeting only."""
    locations: str = "incident locations, approximate"
    """What the legend calls the discs."""


@dataclass(frozen=True, slots=True)
class MonthCount:
    """One bar of the month strip."""

    label: str
    """For example ``Dec 2021``."""
    n: int | None
    """Incidents in focus in the area; none: the month is missing from the input."""
    key: str
    """The month, YYYY-MM."""


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days in local time, for example the month after."""

    title: str
    first: str
    """First day, YYYY-MM-DD."""
    last: str
    """Last day."""
    opening: bool = False
    """The page opens with its events alone."""


@dataclass(frozen=True)
class PageContent:
    """Everything one page needs; frames are in one projected CRS and are not changed."""

    words: Words
    measures: tuple[Measure, ...]
    """At least one; the first is shown on opening."""
    tested: tuple[Tested, ...]
    """What tests said of the areas, after the measures."""
    months: tuple[MonthCount, ...]
    """The window, oldest first; the last one is the month of the page."""
    areas: gpd.GeoDataFrame
    """AREA_STATS: the LSOAs of the area and its ring."""
    outline: BaseGeometry
    """Outline of the area."""
    neighbours: gpd.GeoDataFrame
    """Boroughs around, simplified, for the ground: ``borough`` and geometry."""
    hotspots: gpd.GeoDataFrame
    """HOTSPOTS."""
    locations: gpd.GeoDataFrame
    """One row per distinct coordinate in focus: ``street``, ``lsoa_code``, ``zone``, ``n``, ``n_month``."""
    selections: pd.DataFrame
    """SELECTIONS of the locations: what the reader can choose from."""
    events: gpd.GeoDataFrame
    """EVENTS of the month and the one after it."""
    dates: pd.DataFrame | None = None
    """OCCURRENCES of the events: the dates of each; none: of each the one of its row."""
    periods: tuple[Period, ...] = ()
    """Spans of days by which the events can be chosen."""
    counts: pd.DataFrame | None = None
    """Incidents by ``hotspot_id`` and month, oldest first, a column each; none: not told."""
    months_looked_at: int = 1
    """Months at which hotspots were looked for, this one included."""
    past: gpd.GeoDataFrame | None = None
    """PAST with names: places that were hotspots in an earlier month; none: not told."""
    drawn: gpd.GeoDataFrame | None = None
    """Grounds of the hotspots as the method drew them in each ``month``; none: not told."""
    near: pd.DataFrame | None = None
    """Events within reach of hotspots: ``hotspot_id``, ``event_id`` and ``distance_m``; none: not told."""
    bands: gpd.GeoDataFrame | None = None
    """The densest ground: ``share_of_area``, ``n``, ``bandwidth_m`` and geometry; none: not told."""
    week: pd.DataFrame | None = None
    """WHEN of the area alone: incidents by weekday and hour; none or no rows: no times."""
    beside: gpd.GeoDataFrame | None = None
    """NEIGHBOURS: the hotspots of the neighbours near the area; none: not told."""
    tensions: gpd.GeoDataFrame | None = None
    """The wards of the tension log, the most tense first, for partners of the meeting only: by ``ward`` its ``level``
    (Int64, empty: none now), ``label`` in words, ``trend`` (risen, fallen, same or new), ``n_current`` entries, and its
    ground, empty where none is known; none: no log was given, and nothing of it stands on the page."""
    backdrop: dict[str, Any] | None = None
    """Roads, water and place names, as ``backdrop.Backdrop.payload``; none: outlines alone."""
    tiles: str | None = None
    """URL template of a tile server, chosen knowingly; none: the page asks nobody for anything."""
