"""The sentences: grammar by number, ranges in words, and nothing said that the numbers do not hold."""

from __future__ import annotations

import dataclasses
import re

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.pack import words
from hotspots.settings import Focus, Report, Settings


def table(changes):
    count = len(changes)
    return gpd.GeoDataFrame(
        {"rank": range(1, count + 1), "change": pd.Series(changes, dtype="str"), "min_incidents": [2] * count},
        geometry=gpd.GeoSeries([None] * count, crs=27700),
    )


def facts(*, changes=(), months=(5, 6, 7), usual=(2, 9), share=0.16):
    index = pd.period_range(end="2024-05", periods=len(months), freq="M")
    return words.Facts(
        month=pd.Period("2024-05", "M"),
        area="Bexley",
        focus="serious violence",
        months=pd.Series(list(months), index=index, dtype="Int64"),
        usual=usual,
        hotspots=table(list(changes)),
        share_of_area=0.006,
        share_of_n=share,
        institutional=0.1,
        unlocated=0.05,
    )


def said(**given):
    return " ".join(words.headline(facts(**given)))


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ([], "No place of a walkable size in Bexley"),
        (
            ["usual"],
            "One hotspot covers 0.6 % of Bexley and holds 16 % of the serious violence of the 3 months it was drawn",
        ),
        (["usual"], "Its month is not beyond chance."),
        (["usual", "usual"], "Two hotspots cover 0.6 % of Bexley and hold 16 %"),
        (["usual", "usual"], "the 3 months they were drawn from. In none of them is the month beyond chance."),
        (["above", "usual"], "One (number 1) is above what is usual there, each tested."),
        (["above", "usual", "above"], "Two (numbers 1 and 3) are above what is usual there, each tested."),
        (
            ["above", "below", "below"],
            "One (number 1) is above what is usual there; two (numbers 2 and 3) are below what is usual there, each tested.",
        ),
        (["usual"] * 11, "11 hotspots cover"),
    ],
)
def test_the_headline(changes, wanted):
    assert wanted in said(changes=changes)


def test_nothing_is_said_of_change_where_nothing_was_tested():
    text = said(changes=["untested", "untested"], months=(4,), usual=None)
    assert "beyond chance" not in text
    assert "serious violence of the month they were drawn from." in text
    assert text.endswith("Across Bexley there are too few months to say what is usual.")


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (2, "no change beyond chance"),
        (9, "no change beyond chance"),
        (10, "the month is above what is usual: 10, usually 2 to 9"),
        (1, "the month is below what is usual: 1, usually 2 to 9"),
    ],
)
def test_the_area_as_a_whole(now, wanted):
    assert wanted in said(months=(5, 6, now))


def test_the_subtitle_counts_held_months_only():
    assert words.subtitle(facts(months=(1000, None, 234))) == "1,234 incidents in 2 months · 234 this month (usual 2–9)"
    assert words.subtitle(facts(months=(7,), usual=None)) == "7 incidents in 1 month · 7 this month"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.0004, "under 0.1 %"), (0.001, "0.1 %"), (0.013, "1.3 %"), (0.16, "16 %"), (1, "100 %")],
)
def test_percent(share, text):
    assert words.percent(share) == text


@pytest.mark.parametrize(
    ("months", "text"),
    [
        ([], ""),
        (["2024-01"], "2024-01"),
        (["2023-11", "2023-12", "2024-01"], "2023-11 to 2024-01"),
        (["2023-01", "2023-03", "2023-04", "2023-09"], "2023-01, 2023-03 to 2023-04 and 2023-09"),
    ],
)
def test_month_spans(months, text):
    assert words.month_spans([pd.Period(month, "M") for month in months]) == text


@given(st.sets(st.integers(0, 60)))
def test_month_spans_name_each_month_once(offsets):
    first = pd.Period("2019-01", "M")
    months = [first + offset for offset in sorted(offsets)]
    found: set[pd.Period] = set()
    for part in filter(None, re.split(r", | and ", words.month_spans(months))):
        start, _, stop = part.partition(" to ")
        span = set(pd.period_range(start, stop or start, freq="M"))
        assert not found & span
        found |= span
    assert found == set(months)


def test_lists_numbers_and_months():
    assert words.listed([]) == ""
    assert words.listed(["A"]) == "A"
    assert words.listed(["A", "B", "C"]) == "A, B and C"
    assert words.number_word(3, capital=True) == "Three"
    assert words.number_word(1234) == "1,234"
    assert words.month_name(pd.Period("2021-12", "M")) == "December 2021"
    assert words.month_short(pd.Period("2021-12", "M"), year=True) == "Dec 2021"
    assert (words.months_word(1), words.months_word(12)) == ("1 month", "12 months")


def test_the_names_of_area_and_focus():
    areas = gpd.GeoDataFrame({"zone": ["area"] * 5 + ["ring"], "borough": ["B", "A", "A", "C", "D", "E"]})
    assert words.area_name((), areas) == "4 boroughs"
    assert words.area_name(("A", "B", "C", "D"), areas) == "A, B, C and D"
    assert words.area_name((), areas[areas["borough"] < "D"]) == "A, B and C"
    settings = Settings(focus=Focus(name="Knife crime"))
    assert words.focus_name(["X", "Y"], [], settings) == "knife crime"
    assert words.focus_name(["Robbery"], [], settings) == "robbery", "one of several defaults is not the whole focus"
    assert words.focus_name(["Robbery", "Drugs"], ["x"], settings) == "robbery and drugs"
    assert words.focus_name(["A", "B", "C", "D"], ["x"], settings) == "four crime types"


def test_the_title_is_made_or_given():
    assert words.title(facts(), Settings()) == "Serious violence hotspots · Bexley · May 2024"
    assert words.title(facts(), Settings(report=Report(title="Tasking"))) == "Tasking"


def test_a_month_that_looks_incomplete_is_not_said_to_lack_months():
    told = words.headline(dataclasses.replace(facts(usual=None), incomplete=True))
    assert told[-1] == "The month's file for Bexley looks incomplete: no change over it is reported."


def test_only_street_level_points_are_called_approximate():
    plain = words.points(facts())
    assert "are approximate" in plain
    assert "as their owner gave them" not in plain
    mixed = words.points(dataclasses.replace(facts(), own_sources=("Force export", "Ambulance")))
    assert "are approximate" in mixed
    assert "The points of Force export and Ambulance are as their owner gave them and may be exact" in mixed
    own = words.points(dataclasses.replace(facts(), own_sources=("Force export",), street_level=False))
    assert "approximate" not in own


def test_only_street_level_files_are_called_open_data():
    first, licence, boundaries = words.sources(["Kent Police", "Met"], [], Settings())
    assert first == "Incidents: Kent Police, Met, street-level files."
    assert (licence, boundaries) == (words.OPEN_LICENCE, words.BOUNDARIES_LICENCE)
    assert words.sources([], ["Force export"], Settings()) == (
        "Incidents: Force export, as given by their owners, not open data.",
        words.BOUNDARIES_LICENCE,
    )
    mixed = words.sources(["Met"], ["A", "B"], Settings())
    assert mixed[0] == "Incidents: Met, street-level files; A, B, as given by their owners, not open data."
    assert len(mixed) == 3
    assert words.sources(["Met"], ["A"], Settings(report=Report(source="ours")))[0] == "Incidents: ours."
