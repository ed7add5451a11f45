"""The sentences of a pack, in plain English, made from tested numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from hotspots.settings import Hotspots, Settings

_FEW = 3
_LEAST_PERCENT = 0.1
_WHOLE_PERCENT = 10
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

OPEN_LICENCE = "Contains public sector information licensed under the Open Government Licence v3.0."
BOUNDARIES_LICENCE = (
    "Boundaries: Office for National Statistics, licensed under the Open Government Licence v3.0; "
    "contains OS data © Crown copyright and database right."
)


@dataclass(frozen=True)
class Facts:
    """Everything the sentences are made of."""

    month: pd.Period
    area: str
    """For example ``Bexley``."""
    focus: str
    """For example ``serious violence``."""
    months: pd.Series
    """Incidents in focus in the area, by month of the window; empty where no file holds the month."""
    usual: tuple[int, int] | None
    """Usual range of the area's monthly total."""
    hotspots: gpd.GeoDataFrame
    """HOTSPOTS."""
    share_of_area: float
    share_of_n: float
    institutional: float
    """Share of the incidents in focus that lie on map points named by kind."""
    unlocated: float
    """Share of rows without a usable location."""
    own_sources: tuple[str, ...] = ()
    """Sources of the settings that hold incidents: not open data, their points as given."""
    street_level: bool = True
    """Some incidents are of street-level files."""
    incomplete: bool = False
    """The month's file looks incomplete, so that nothing is compared with it."""


def month_name(month: pd.Period) -> str:
    """Return for example ``December 2021``, in English whatever the locale."""
    return f"{_MONTHS[month.month - 1]} {month.year}"


def month_short(month: pd.Period, *, year: bool = False) -> str:
    """Return for example ``Dec`` or ``Dec 2021``."""
    return _MONTHS[month.month - 1][:3] + (f" {month.year}" if year else "")


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def listed(names: Sequence[str]) -> str:
    """Return names as a person lists them: ``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def number_word(count: int, *, capital: bool = False) -> str:
    """Return small numbers as words, larger ones as digits."""
    word = _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"
    return word[:1].upper() + word[1:] if capital else word


def months_word(count: int) -> str:
    """Return ``1 month`` or for example ``12 months``."""
    return f"{count} month{'' if count == 1 else 's'}"


def month_spans(months: Sequence[pd.Period]) -> str:
    """Return months in order as a person lists them: ``2023-02, 2023-05 to 2023-07 and 2024-01``."""
    runs: list[list[pd.Period]] = []
    for month in months:
        if runs and month == runs[-1][-1] + 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    return listed([f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs])


def percent(share: float) -> str:
    """Return a share as a percentage with no more precision than it carries, such as ``1.3 %``."""
    value = 100 * share
    if 0 < value < _LEAST_PERCENT:
        return f"under {_LEAST_PERCENT} %"
    return f"{value:.1f} %" if 0 < value < _WHOLE_PERCENT else f"{value:.0f} %"


def area_name(chosen: Sequence[str], areas: gpd.GeoDataFrame) -> str:
    """Return what the page calls the area: its boroughs, or how many there are."""
    boroughs = sorted(set(areas.loc[areas["zone"] == "area", "borough"]))
    if len(boroughs) <= max(len(chosen), _FEW):
        return listed(boroughs)
    return f"{len(boroughs)} boroughs"


def focus_name(categories: Sequence[str], typed: Sequence[str], settings: Settings) -> str:
    """Return what the sentences call the crime types in focus, in lower case."""
    if not typed and len(categories) > 1:
        return settings.focus.name[:1].lower() + settings.focus.name[1:]
    if len(categories) <= _FEW:
        return listed([name.lower() for name in categories])
    return f"{number_word(len(categories))} crime types"


def title(facts: Facts, settings: Settings) -> str:
    """Return the title of the page."""
    if settings.report.title:
        return settings.report.title
    focus = facts.focus[:1].upper() + facts.focus[1:]
    return f"{focus} hotspots · {facts.area} · {month_name(facts.month)}"


def subtitle(facts: Facts) -> str:
    """Return the area's numbers: the window, the month, and what is usual."""
    held = facts.months.dropna()
    usual = f" (usual {facts.usual[0]:,}–{facts.usual[1]:,})" if facts.usual else ""
    return f"{int(held.sum()):,} incidents in {months_word(len(held))} · {int(held.iloc[-1]):,} this month{usual}"


def headline(facts: Facts) -> tuple[str, ...]:
    """Return two or three sentences that can be read aloud."""
    return (_where(facts), *_changes(facts.hotspots), _area_change(facts))


def _where(facts: Facts) -> str:
    count = len(facts.hotspots)
    months = len(facts.months.dropna())
    if count == 0:
        return (
            f"No place of a walkable size in {facts.area} holds enough {facts.focus} to be called a hotspot, one "
            "incident a month on average."
        )
    verb, noun = ("covers", "hotspot") if count == 1 else ("cover", "hotspots")
    span = "month" if months == 1 else months_word(months)
    hold, it = ("holds", "it was") if count == 1 else ("hold", "they were")
    return (
        f"{number_word(count, capital=True)} {noun} {verb} {percent(facts.share_of_area)} of {facts.area} and {hold} "
        f"{percent(facts.share_of_n)} of the {facts.focus} of the {span} {it} drawn from."
    )


def _changes(hotspots: gpd.GeoDataFrame) -> tuple[str, ...]:
    if hotspots.empty or (hotspots["change"] == "untested").all():
        return ()
    parts: list[str] = []
    for change in ("above", "below"):
        ranks = sorted(hotspots.loc[hotspots["change"] == change, "rank"])
        if ranks:
            verb, noun = ("is", "number") if len(ranks) == 1 else ("are", "numbers")
            said = listed([str(rank) for rank in ranks])
            parts.append(
                f"{number_word(len(ranks), capital=not parts)} ({noun} {said}) {verb} {change} what is usual there"
            )
    if not parts:
        return (
            "In none of them is the month beyond chance." if len(hotspots) > 1 else "Its month is not beyond chance.",
        )
    return ("; ".join(parts) + ", each tested.",)


def _area_change(facts: Facts) -> str:
    if facts.incomplete:
        return f"The month's file for {facts.area} looks incomplete: no change over it is reported."
    if facts.usual is None:
        return f"Across {facts.area} there are too few months to say what is usual."
    now, (low, high) = int(facts.months.dropna().iloc[-1]), facts.usual
    if low <= now <= high:
        return f"Across {facts.area}, no change beyond chance."
    way = "above" if now > high else "below"
    return f"Across {facts.area}, the month is {way} what is usual: {now:,}, usually {low:,} to {high:,}."


def method(facts: Facts, parameters: Mapping[str, Any], settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return the method text: heading and paragraph, parameters in words."""
    return (
        ("What a hotspot is", _what_a_hotspot_is(facts, parameters, settings)),
        (
            "What the shares mean",
            "The share of incidents that hotspots hold is in-sample: they were chosen because they were busy in "
            "these very months, so expect less next month.",
        ),
        (
            "Usual and above",
            "A hotspot's month is tested against the other months of the window it was drawn from, by the exact "
            "conditional test of two Poisson counts, two-sided, with the correction of Benjamini and Hochberg over "
            "all hotspots listed (5 %). A count inside the usual range is no more than chance. The usual range of "
            "the whole area is a 95 % prediction interval from the other months and allows for their own spread.",
        ),
        ("Where the points lie", points(facts)),
        (
            "Colours of the areas",
            "Each LSOA is coloured by its incidents in focus over the window for its size, not by its count alone. "
            "Hatched LSOAs are policed by a force whose files were not given, or not for every month: no data, "
            "not zero.",
        ),
    )


def points(facts: Facts) -> str:
    """Return how exact the points are: those of street-level files never, those of other sources as given."""
    said = []
    if facts.street_level:
        said.append(
            "Street-level points are approximate: published points are moved to one of a fixed set of map points in "
            "nearby streets, so many incidents share one point and none is an address.",
        )
    if facts.own_sources:
        said.append(
            f"The points of {listed(facts.own_sources)} are as their owner gave them and may be exact addresses: "
            "handle this page as that source demands.",
        )
    said.append(
        f"{percent(facts.institutional)} of the incidents in focus lie on points named by their kind (hospital, "
        f"supermarket, parking area), places that attract recording. {percent(facts.unlocated)} of all rows read have "
        "no usable location and are on no map.",
    )
    return " ".join(said)


def sources(forces: Sequence[str], own_sources: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """Return whose incidents and boundaries these are; only street-level files are known to be open data.

    Parameters
    ----------
    forces
        Forces whose street-level files were read; none: there were no such files.
    own_sources
        Sources of the settings that hold incidents.
    settings
        ``[report] source`` replaces the line on incidents.

    Returns
    -------
    tuple of str
        Finished lines.
    """
    given = [f"{', '.join(forces)}, street-level files"] if forces else []
    given += [f"{', '.join(own_sources)}, as given by their owners, not open data"] if own_sources else []
    open_data = (OPEN_LICENCE,) if forces or not own_sources else ()
    return (f"Incidents: {settings.report.source or '; '.join(given)}.", *open_data, BOUNDARIES_LICENCE)


def _what_a_hotspot_is(facts: Facts, parameters: Mapping[str, Any], settings: Settings) -> str:
    """Return the method and its parameters, whether they were chosen or set."""
    wanted = settings.hotspots
    how = {"cells": _cells, "clusters": _clusters, "density": _density, "lsoa": _lsoas}[wanted.method](
        facts, parameters, wanted
    )
    plural = "" if wanted.min_per_month == 1 else "s"
    listed = f"at most {wanted.max_number} are listed"
    if wanted.budget_share_of_area:
        listed = f"they are listed from the top until they take {percent(wanted.budget_share_of_area)} of the area"
    elif wanted.budget_share_of_n:
        listed = f"they are listed from the top until they hold {percent(wanted.budget_share_of_n)} of the incidents"
    return (
        f"{how} A hotspot holds at least {wanted.min_per_month:g} incident{plural} a month on average (and "
        f"{wanted.min_in_window} in all) over {months_word(len(facts.months.dropna()))}; "
        f"{listed}."
    )


def _clusters(facts: Facts, parameters: Mapping[str, Any], wanted: Hotspots) -> str:
    radius = f"The radius of {parameters['radius_m']:g} m was set."
    if parameters["radius_chosen"]:
        tried = ", ".join(f"{tried['radius_m']:g}" for tried in parameters["radii_tried"])
        radius = f"Of the radii {tried} m, {parameters['radius_m']:g} m was chosen: its hotspots hold most incidents."
    if wanted.min_incidents is not None:
        minimum = f"The minimum of {wanted.min_incidents} incidents within it was set; widths are as they come."
    else:
        levels = sorted({int(value) for value in facts.hotspots["min_incidents"]})
        span = f" (here to between {levels[0]} and {levels[-1]})" if len(levels) > 1 else ""
        minimum = (
            f"The minimum within it starts at 2 and rises{span} until a place is no wider than "
            f"{wanted.max_width_m:g} m, which a patrol can walk and a bus stop can serve."
        )
    return (
        f"DBSCAN joins incident locations that lie close together, each weighted by its incidents. {radius} {minimum} "
        f"It is drawn no smaller than {wanted.min_width_m:g} m across; where two touch, the line between them runs "
        "half way."
    )


def _cells(_: Facts, parameters: Mapping[str, Any], wanted: Hotspots) -> str:
    memory = (
        f"The months of the last {wanted.history_months} that the files hold rank them, an incident counting half "
        f"after {wanted.half_life_months:g} months"
        if wanted.half_life_months
        else "The months of the window rank them, each incident counting one"
    )
    shape = "Hexagons" if wanted.cell_shape == "hexagon" else "Squares"
    return (
        f"{shape} of {wanted.cell_m:g} m across are ranked by their incidents. {memory}; of equal ones the one with "
        f"the longer history comes first. From the top, adjoining cells are joined while the place is no wider than "
        f"{wanted.cells_max_width_m:g} m; {parameters['cells_down_to']:,} cells were looked at, and the places whose "
        "cells score most are listed."
    )


def _density(_: Facts, parameters: Mapping[str, Any], wanted: Hotspots) -> str:
    how = "chosen from how far apart the places with incidents lie" if parameters["bandwidth_chosen"] else "set"
    bandwidth = parameters["bandwidth_m"]
    return (
        f"A kernel density (quartic{f', radius {bandwidth:.0f} m, {how}' if bandwidth else ''}), divided by the part "
        "of the kernel with data where the data end. A hotspot is a contour of it, cut at a higher level where it "
        f"would be wider than {wanted.max_width_m:g} m."
    )


def _lsoas(_: Facts, __: Mapping[str, Any], ___: Hotspots) -> str:
    return "The LSOAs with most incidents per km² over the window."
