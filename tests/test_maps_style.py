"""A label becomes a look, and numbers are said as a reader sees them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from hotspots.maps import words
from hotspots.maps.content import Period
from hotspots.maps.style import RAMP, RAMP_DARK, class_colours, event_letter, paper, stylesheet
from tests import page_fixtures as fixtures


def lightness(colour):
    return sum(w * int(colour[at : at + 2], 16) for w, at in ((0.2126, 1), (0.7152, 3), (0.0722, 5)))


def test_five_classes_are_the_ramp_itself():
    assert class_colours(5) == RAMP
    assert class_colours(5, dark=True) == RAMP_DARK


@pytest.mark.parametrize("count", range(2, 10))
@pytest.mark.parametrize("dark", [False, True])
def test_classes_darken_in_order_from_end_to_end(count, dark):
    colours = class_colours(count, dark=dark)
    ramp = RAMP_DARK if dark else RAMP
    assert (len(colours), colours[0], colours[-1]) == (count, ramp[0], ramp[-1])
    assert [lightness(colour) for colour in colours] == sorted(map(lightness, colours), reverse=True)


def test_the_style_sheet_has_one_rule_per_measure_and_class():
    css = stylesheet((5, 3))
    light = css.split("@media")[0]
    assert len(re.findall(r"^[.]m\d[.]class-\d{fill:", light, re.MULTILINE)) == 8
    assert f".m1.class-3{{fill:{RAMP[-1]}}}" in light


@pytest.mark.parametrize(
    ("kind", "letter"),
    [("football", "F"), (" (market)", "M"), ("5-a-side", "5"), ("<", "•"), ("", "•"), ("ßtreet", "S")],
)
def test_an_event_has_one_letter(kind, letter):
    assert event_letter(kind) == letter


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.04, "<0.1"),
        (0.06, "0.1"),
        (9.94, "9.9"),
        (9.96, "10"),
        (10.4, "10"),
        (1234.5, "1,234"),
        (np.nan, "–"),
        (pd.NA, "–"),
    ],
)
def test_rates_have_no_false_precision(value, text):
    assert words.rate(value) == text


def test_counts_shares_and_ranges():
    assert words.count(1412) == "1,412"
    assert words.count(pd.NA) == "–"
    assert words.share(0.24) == "24\u202f%"
    assert words.share(0.0131) == "1.3\u202f%"
    assert words.usual(5, 11) == "5–11"
    assert words.usual(pd.NA, pd.NA) == "–"


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        ((20.0, 50.0), ["under 20", "20 – under 50", "50 and more"]),
        ((2.5,), ["under 2.5", "2.5 and more"]),
        ((), ["all values"]),
    ],
)
def test_class_ranges_leave_no_gap(breaks, said):
    assert words.class_ranges(breaks) == said


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        ("2022-01-08 15:00", "2022-01-08 17:00", "Sat 8 Jan 2022, 15:00–17:00"),
        ("2022-01-08 15:00", None, "Sat 8 Jan 2022, 15:00"),
        ("2022-01-08 20:00", "2022-01-09 01:00", "Sat 8 Jan, 20:00 – Sun 9 Jan 2022, 01:00"),
        ("2021-12-31 22:00", "2022-01-01 00:30", "Fri 31 Dec 2021, 22:00 – Sat 1 Jan 2022, 00:30"),
        ("2021-09-02 00:00", "2021-12-17 23:59", "Thu 2 Sep – Fri 17 Dec 2021"),
        ("2021-09-02 00:00", "2021-12-18 00:00", "Thu 2 Sep – Fri 17 Dec 2021"),
        ("2021-12-31 00:00", "2022-01-01 23:59", "Fri 31 Dec 2021 – Sat 1 Jan 2022"),
        ("2021-09-02 00:00", "2021-09-02 23:59", "Thu 2 Sep 2021"),
        ("2021-09-02 00:00", "2021-09-03 00:00", "Thu 2 Sep 2021"),
        ("2021-09-02 00:00", "2021-09-02 00:00", "Thu 2 Sep 2021, 00:00–00:00"),
        ("2021-09-02 00:00", "2021-09-02 22:59", "Thu 2 Sep 2021, 00:00–22:59"),
        ("2021-09-02 00:01", "2021-09-02 23:59", "Thu 2 Sep 2021, 00:01–23:59"),
    ],
)
def test_when(starts, ends, said):
    assert words.when(*fixtures.london(starts, ends)) == said


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        ("2022-01-08 15:00", "2022-01-08 17:00", "15:00–17:00"),
        ("2022-01-08 15:00", None, "15:00"),
        ("2022-01-08 22:00", "2022-01-09 02:00", "22:00–02:00"),
        ("2022-01-08 18:00", "2022-01-09 00:00", "18:00–00:00"),
        ("2022-01-08 00:00", "2022-01-08 23:59", ""),
        ("2022-01-08 00:00", "2022-01-10 23:59", "3 days each"),
        ("2022-01-08 00:00", "2022-01-11 00:00", "3 days each"),
        ("2022-01-08 10:00", "2022-01-10 18:00", "10:00–18:00 on day 3"),
    ],
)
def test_the_clock_of_an_event_alone(starts, ends, said):
    assert words.clock(*fixtures.london(starts, ends)) == said


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2022-01-01", "2022-01-31", "January 2022"),
        ("2024-02-01", "2024-02-29", "February 2024"),
        ("2022-01-01", "2022-01-28", "title"),
        ("2022-01-02", "2022-01-31", "title"),
        ("2022-01-01", "2022-02-28", "title"),
    ],
)
def test_a_whole_month_is_said_by_its_name(first, last, said):
    assert words.days(Period("title", first, last)) == said


def test_lsoa_names_say_the_borough_once():
    names = {"E1": "Bexley 014B", "E2": "Bexley 014C", "E3": "Tower Hamlets 001A"}
    assert words.lsoas("E1, E2;E3", names) == "Bexley 014B, 014C, Tower Hamlets 001A"
    assert words.lsoas("E1, E9", names) == "E1, E9"
    assert words.lsoas("", names) == ""


@pytest.mark.parametrize("marking", ["OFFICIAL", 'x";}@import url(//a)', "</style><script>", "Zoë \\ '", "a\nb"])
def test_a_marking_cannot_leave_its_string_in_the_style_sheet(marking):
    rule = paper(marking)
    strings = re.findall(r'content:"((?:\\[0-9a-f]+ )*)"', rule)
    assert len(strings) == 2
    for found in strings:
        assert "".join(chr(int(code, 16)) for code in re.findall(r"\\([0-9a-f]+) ", found)) == marking.replace("\n", "")
    assert len(re.findall(r"[{]", rule)) == len(re.findall(r"[}]", rule)) == 4
    assert "<" not in rule


def test_without_a_marking_a_sheet_has_its_number_alone():
    assert paper("").count("content:") == 1
