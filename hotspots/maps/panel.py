"""The words beside the map: every table as plain rows, for the page's static part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.maps import words
from hotspots.maps.agenda import CANCELLED, in_time, whens
from hotspots.maps.payload import crime_types, dividing_themes, ranked, reading_order
from hotspots.maps.signs import risk_key
from hotspots.maps.spark import sparks
from hotspots.maps.style import CHANGE_SIGNS, CHANGE_WORDS, RATE_HEADINGS, STATUS_SIGNS, event_letter

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.maps.content import Measure, MonthCount, PageContent, Tested

STATIC_AREAS = 400
"""Rows of the areas table written into the page; the script adds the others when they are asked for."""

_SHADES = 5

NO_DATA = "no data"
NOT_TESTED = "not tested"
DARK_FROM = 0.8
"""From this share of the classes on, a colour wants white letters."""

_BAR_STEP = 30
_BAR_ROOM = 30
_NUMBERED_BARS = 18


@dataclass(frozen=True, slots=True)
class LegendClass:
    """One line of the legend."""

    number: int
    words: str
    areas: int


@dataclass(frozen=True, slots=True)
class Legend:
    """The legend of one measure: counts are of the areas inside the line."""

    title: str
    classes: tuple[LegendClass, ...]
    no_data: int
    """Areas of the map, ring included, without a class."""
    no_data_inside: int = 0
    """Those of them inside the line."""
    missing: str = "no data"
    """What it means to have none."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One month of the strip, in its own units: 30 wide, 30 high."""

    x: int
    height: float
    letter: str
    label: str
    count: str
    """The number above the bar; empty where the strip is too long for numbers."""
    kind: str
    """``month``, ``last`` or ``missing``."""


def hotspot_rows(content: PageContent) -> list[dict[str, Any]]:
    """Return the ranked table, first to last; ``words`` is the change said aloud."""
    lines = sparks(content)
    return [
        {
            "rank": row.rank,
            "name": words.place(row.name, row.rank),
            "small": _small(row),
            "spark": lines.get(str(row.Index)),
            "month": words.count(row.n_month),
            "usual": words.usual(row.usual_low, row.usual_high),
            "change": row.change if row.change in CHANGE_SIGNS else "",
            "sign": CHANGE_SIGNS.get(row.change, ""),
            "untested": row.change == "untested",
            "words": CHANGE_WORDS[row.change],
            "n": words.count(row.n),
        }
        for row in ranked(content.hotspots).itertuples()
    ]


def _small(row: Any) -> str:  # noqa: ANN401 - one row of HOTSPOTS
    """Return the quiet line under a hotspot's name."""
    crosses = "crosses the line" if row.cross_border else None
    alone = "one map point" if row.n_points == 1 else None
    when = None if words.said(row.peak_time) is None else str(row.peak_time).partition(",")[0]
    return " · ".join(filter(None, [words.said(row.status), crosses, alone, when or row.top_category]))


def status_signs(content: PageContent) -> list[tuple[str, str]]:
    """Return sign and word of every status on the map, in the order of their list."""
    held = set(content.hotspots["status"].dropna())
    return [(sign, status) for status, sign in STATUS_SIGNS.items() if sign and status in held]


def past_rows(content: PageContent) -> list[dict[str, str]]:
    """Return the places that were hotspots in an earlier month, the latest first."""
    if content.past is None:
        return []
    ordered = content.past.sort_values(["last_seen", "n"], ascending=False, kind="stable")
    return [
        {
            "name": words.said(row.name) or str(row.Index),
            "seen": words.month(pd.Period(row.last_seen, freq="M")),
            "month": words.count(row.n_month),
            "n": words.count(row.n),
        }
        for row in ordered.itertuples()
    ]


def beside_rows(content: PageContent) -> list[dict[str, str]]:
    """Return the neighbours' hotspots near the area by rank."""
    if content.beside is None:
        return []
    return [
        {
            "name": words.place(row.name, row.rank),
            "change": row.change if row.change in CHANGE_SIGNS else "",
            "month": words.count(row.n_month),
            "usual": words.usual(row.usual_low, row.usual_high),
            "n": words.count(row.n),
        }
        for row in ranked(content.beside).itertuples(index=False)
    ]


def area_rows(content: PageContent) -> list[dict[str, Any]]:
    """Return the first rows of the areas table in reading order; ``at`` is the row's place in the frame."""
    areas = content.areas
    order = reading_order(areas, content.measures[0].column)[:STATIC_AREAS]
    return [_area_row(areas, int(at), content) for at in order]


def _area_row(areas: gpd.GeoDataFrame, at: int, content: PageContent) -> dict[str, Any]:
    row = areas.iloc[at]
    cells = [_rate_cell(row, measure) for measure in content.measures]
    return {
        "at": at,
        "code": str(areas.index[at]),
        "name": row["lsoa_name"],
        "borough": row["borough"],
        "inside": row["zone"] == "area",
        "n": words.count(row["n"]),
        "month": words.count(row["n_month"]),
        "cells": [*cells, *(_tested_cell(row, tested) for tested in content.tested)],
    }


def _rate_cell(row: pd.Series, measure: Measure) -> tuple[str, int | None, bool]:
    """Return the words, the class, and whether its colour is a dark one."""
    number = words.known(row[measure.class_column])
    said = NO_DATA if number is None else words.rate(row[measure.column])
    return said, number, number is not None and number > DARK_FROM * (len(measure.breaks) + 1)


def _tested_cell(row: pd.Series, tested: Tested) -> tuple[str, int | None, bool]:
    for number, (value, said) in enumerate(tested.labels, start=1):
        if row[tested.column] == value:
            return said, number, False
    return NOT_TESTED, None, False


def filters(content: PageContent) -> dict[str, Any]:
    """Return what there is to choose from: crime types, themes, hours, spans of days; each empty where it is one."""
    kinds = crime_types(content)
    graded = content.events["risk"].notna().any()
    return {
        "kinds": kinds if len(kinds) > 1 else [],
        "themes": dividing_themes(content),
        "hours": bool((content.selections["hour_of_week"] >= 0).any()),
        "days": list(words.DAYS),
        "periods": [period.title for period in content.periods] if len(content.events) else [],
        "both": both_months(content.months),
        "risks": ["medium", "high"] if graded else [],
    }


def both_months(months: tuple[MonthCount, ...]) -> str:
    """Return what the register on the page holds: the month of the page and the one after it."""
    if not months:
        return "both months"
    month = pd.Period(months[-1].key, freq="M")
    return f"{words.month(month)} and {words.month(month + 1)}"


def band_rows(content: PageContent) -> list[tuple[str, str, str]]:
    """Return the bands of the density, the widest first: share of the area, its incidents, and their share."""
    if content.bands is None:
        return []
    own = content.areas.index[content.areas["zone"] == "area"]
    total = int(content.selections.loc[content.selections["lsoa_code"].isin(own), "n"].sum()) or 1
    return [
        (words.share(row.share_of_area), words.count(row.n), words.share(row.n / total))
        for row in content.bands.itertuples(index=False)
    ]


def week_rows(content: PageContent) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the days of the week: name, and for each hour the count as said and its shade from 0 to 5."""
    if content.week is None or content.week.empty:
        return []
    matrix = content.week.pivot_table(index="weekday", columns="hour", values="n", aggfunc="sum").to_numpy()
    highest = float(matrix.max()) or 1.0
    return [
        (day, [(words.hours(n), math.ceil(_SHADES * n / highest)) for n in counts])
        for day, counts in zip(words.DAYS, matrix.tolist(), strict=True)
    ]


def event_rows(content: PageContent) -> list[dict[str, Any]]:
    """Return the events table in order of time."""
    said = whens(content)
    return [
        {
            "letter": event_letter(row.kind),
            "title": row.title,
            "kind": row.kind,
            "status": row.status,
            "when": said[str(row.Index)],
            "risk": words.said(row.risk),
            "mark": risk_key(row.risk),
            "notes": words.said(row.notes),
            "off": row.status == CANCELLED,
            "placed": row.geometry is not None and not row.geometry.is_empty,
        }
        for row in in_time(content.events).itertuples()
    ]


def legends(content: PageContent) -> list[Legend]:
    """Return the legend of each measure, then of each test."""
    own = content.areas["zone"] == "area"
    made = []
    for measure in content.measures:
        said = words.class_ranges(measure.breaks)
        made.append(_legend(measure.title, content.areas[measure.class_column], own, said, NO_DATA))
    for tested in content.tested:
        classes = words.label_classes(content.areas[tested.column], tested)
        made.append(_legend(tested.title, classes, own, [said for _, said in tested.labels], NOT_TESTED))
    return made


def _legend(title: str, classes: pd.Series, own: pd.Series, said: list[str], missing: str) -> Legend:
    counts = classes[own].value_counts()
    lines = tuple(LegendClass(number, text, int(counts.get(number, 0))) for number, text in enumerate(said, start=1))
    return Legend(title, lines, int(classes.isna().sum()), int(classes[own].isna().sum()), missing)


def rate_headings(content: PageContent) -> list[str]:
    """Return the short column heading of each measure and test."""
    named = [(one.column, one.title) for one in content.measures]
    named += [(one.column, one.title) for one in content.tested]
    return [RATE_HEADINGS.get(column, title) for column, title in named]


def bars(months: tuple[MonthCount, ...]) -> list[Bar]:
    """Return the month strip; a month that is missing from the input is a gap with a name, not a zero."""
    highest = max((month.n for month in months if month.n is not None), default=0) or 1
    numbered = len(months) <= _NUMBERED_BARS
    made = []
    for index, month in enumerate(months):
        missing = month.n is None
        last = index == len(months) - 1
        made.append(
            Bar(
                x=index * _BAR_STEP,
                height=_BAR_ROOM if missing else round(_BAR_ROOM * (month.n or 0) / highest, 2),
                letter=month.label[:1],
                label=f"{month.label}: {'missing from the input' if missing else words.count(month.n)}",
                count="" if missing or not (numbered or last) else words.count(month.n),
                kind="missing" if missing else "last" if last else "month",
            )
        )
    return made


def has_gap(months: tuple[MonthCount, ...]) -> bool:
    """Say whether a month of the window is missing from the input."""
    return any(month.n is None for month in months)


def shown_areas(content: PageContent) -> tuple[int, int]:
    """Return how many areas the static table shows, and how many there are."""
    return min(len(content.areas), STATIC_AREAS), len(content.areas)
