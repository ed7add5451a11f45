"""Dates as people write them: every form, both nights of the clocks, the order of day and month, and any text at all."""

from __future__ import annotations

import csv
import gzip
import itertools
import zoneinfo
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotspots.errors import HotspotsError, InputError, SettingsError
from hotspots.intake.dates import Times, parse_times
from tests.intake_fixtures import REAL

LONDON = zoneinfo.ZoneInfo("Europe/London")
PYTHON = pd.StringDtype("python", na_value=np.nan)


def column(*texts: str) -> pd.Series:
    return pd.Series(texts, dtype="str")


def parsed(*texts: str, **options: str) -> Times:
    return parse_times(column(*texts), **options)


def read(text: str, order: str = "dmy", **options: str) -> tuple[str, str, bool]:
    """Return time, month and whether the time was given, as text; empty where there is none."""
    times = parsed(text, order=order, **options)
    at, month = times.at.iloc[0], times.month.iloc[0]
    return (
        "" if pd.isna(at) else at.isoformat(),
        "" if pd.isna(month) else str(month),
        bool(times.known.iloc[0]),
    )


# --- written forms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01",
        "2024-5-1",
        "2024/05/01",
        "2024.05.01",
        "1/5/2024",
        "01/05/2024",
        "01-05-2024",
        "1.5.2024",
        "01/05/24",
        "01.05.24",
        "01-05-24",
        "1 May 2024",
        "01 MAY 2024",
        "1 may 24",
        "01-May-24",
        "01-May-2024",
        "1/May/2024",
        "1.May.2024",
        "1 May, 2024",
        "1 May. 2024",
        "01MAY2024",
        "01May24",
        "May 1, 2024",
        "May 01 2024",
        "May. 1, 2024",
        "20240501",
        "45413",
        "45413.0",
        "45413.000",
        "  2024-05-01\t",
        "\u00a01\u00a0 May\u202f2024 ",
    ],
)
def test_a_date_without_a_clock_is_at_midnight_and_not_known(text):
    assert read(text) == ("2024-05-01T00:00:00+01:00", "2024-05", False)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2024-05-01T22:15", "2024-05-01T22:15:00+01:00"),
        ("2024-05-01 22:15", "2024-05-01T22:15:00+01:00"),
        ("2024-05-01t22:15z", "2024-05-01T23:15:00+01:00"),
        ("2024-05-01 22:15:30", "2024-05-01T22:15:30+01:00"),
        ("2024-05-01T22:15:30.5", "2024-05-01T22:15:30.500000+01:00"),
        ("2024-05-01T22:15:30,25", "2024-05-01T22:15:30.250000+01:00"),
        ("2024-05-01 22:15:30.0000000", "2024-05-01T22:15:30+01:00"),
        ("2024-05-01 22:15:30.123456789", "2024-05-01T22:15:30.123456+01:00"),
        ("2024-05-01T22:15:30Z", "2024-05-01T23:15:30+01:00"),
        ("2024-05-01 22:15 Z", "2024-05-01T23:15:00+01:00"),
        ("2024-05-01T22:15+00:00", "2024-05-01T23:15:00+01:00"),
        ("2024-05-01T22:15:30.25+0130", "2024-05-01T21:45:30.250000+01:00"),
        ("2024-05-01 22:15:30+02", "2024-05-01T21:15:30+01:00"),
        ("2024-05-01 22:15 -03:30", "2024-05-02T02:45:00+01:00"),
        ("2024-05-01T22:15-10:00", "2024-05-02T09:15:00+01:00"),
        ("2024-05-01T22:15+14:00", "2024-05-01T09:15:00+01:00"),
        ("2024-01-01T00:15+01:00", "2023-12-31T23:15:00+00:00"),
        ("2024-12-01 22:15", "2024-12-01T22:15:00+00:00"),
        ("1/5/2024 9:05", "2024-05-01T09:05:00+01:00"),
        ("01/05/2024  22:15:59", "2024-05-01T22:15:59+01:00"),
        ("01.05.24 19:05", "2024-05-01T19:05:00+01:00"),
        ("1-5-2024 10:15 PM", "2024-05-01T22:15:00+01:00"),
        ("1/5/2024, 10:15:07 pm", "2024-05-01T22:15:07+01:00"),
        ("1/5/2024 10:15\u202fPM", "2024-05-01T22:15:00+01:00"),
        ("1/5/2024 10:15p.m.", "2024-05-01T22:15:00+01:00"),
        ("1/5/2024 10:15am", "2024-05-01T10:15:00+01:00"),
        ("1/5/2024 10:15 a.m", "2024-05-01T10:15:00+01:00"),
        ("1/5/2024 12:05 AM", "2024-05-01T00:05:00+01:00"),
        ("1/5/2024 12:05 PM", "2024-05-01T12:05:00+01:00"),
        ("1/5/2024 1:00 AM", "2024-05-01T01:00:00+01:00"),
        ("1/5/2024 22:15 +01:00", "2024-05-01T22:15:00+01:00"),
        ("1 May 2024 22:15", "2024-05-01T22:15:00+01:00"),
        ("01-May-24 00:30", "2024-05-01T00:30:00+01:00"),
        ("May 1, 2024 10:15 PM", "2024-05-01T22:15:00+01:00"),
        ("May 1, 2024, 10:15 PM", "2024-05-01T22:15:00+01:00"),
        ("20240501 2215", "2024-05-01T22:15:00+01:00"),
        ("20240501T221530", "2024-05-01T22:15:30+01:00"),
        ("20240501 0930", "2024-05-01T09:30:00+01:00"),
        ("20240501T221530.5Z", "2024-05-01T23:15:30.500000+01:00"),
        ("20240501T2215+01:00", "2024-05-01T22:15:00+01:00"),
        ("20240501 9:05", "2024-05-01T09:05:00+01:00"),
        ("202405012215", "2024-05-01T22:15:00+01:00"),
        ("20240501221530", "2024-05-01T22:15:30+01:00"),
        ("45413.927", "2024-05-01T22:14:53+01:00"),
        ("45413.5", "2024-05-01T12:00:00+01:00"),
        ("45413.40763888889", "2024-05-01T09:47:00+01:00"),
        ("45412.9999999", "2024-05-01T00:00:00+01:00"),
        # A single midnight is a time like any other.
        ("2024-05-01 00:00", "2024-05-01T00:00:00+01:00"),
        ("2024-05-01T00:00:00Z", "2024-05-01T01:00:00+01:00"),
        ("1/5/2024 12:00 AM", "2024-05-01T00:00:00+01:00"),
        ("2024-05-01 23:59:59.999999", "2024-05-01T23:59:59.999999+01:00"),
    ],
)
def test_a_clock_is_read_in_every_form(text, local):
    assert read(text) == (local, local[:7], True)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("Jan", 1), ("January", 1), ("Feb", 2), ("February", 2), ("Mar", 3), ("March", 3), ("Apr", 4), ("April", 4),
        ("May", 5), ("Jun", 6), ("June", 6), ("Jul", 7), ("July", 7), ("Aug", 8), ("August", 8), ("Sep", 9),
        ("Sept", 9), ("September", 9), ("Oct", 10), ("October", 10), ("Nov", 11), ("November", 11), ("Dec", 12),
        ("December", 12),
    ],
)  # fmt: skip
def test_months_have_their_english_names(written, number):
    assert read(f"2 {written} 2021")[1] == f"2021-{number:02d}"
    assert read(f"{written.upper()} 2, 2021")[0][:10] == f"2021-{number:02d}-02"


@pytest.mark.parametrize("text", ["2024-05", " 2024-05 "])
def test_a_month_alone_has_no_day(text):
    assert read(text) == ("", "2024-05", False)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1/5/00", "2000"),
        ("1/5/69", "2069"),
        ("1/5/70", "1970"),
        ("1 May 99", "1999"),
        ("1/5/1900", "1900"),
        ("1/5/2100", "2100"),
        ("10000", "1927"),
        ("73415", "2100"),
    ],
)
def test_years_run_from_1900_to_2100_and_short_ones_turn_at_70(text, year):
    assert read(text)[0][:4] == year


NO_DATES = [
    "", " ", "tbc", "now", "NaT", "nan", "None", "0", "2024", "202405", "2024-13", "2024-00", "2024-5", "1899-12",
    "2101-01", "2024/05", "05/2024", "May 2024", "May-24", "31/06/2024", "2024-06-31", "2024-02-30", "29/02/2023",
    "29 Feb 2023", "13/13/2024", "32/01/2024", "0/5/2024", "1/0/2024", "2024-00-01", "2024-05-00", "20241301",
    "20240532", "31/12/1899", "1/1/2101", "0024-05-04", "1/5/024", "1/5/20244", "1/5/2", "1/5-2024", "2024-05/01",
    "1//5/2024", "1 Mayo 2024", "1 Ma 2024", "1 Mars 2024", "1 May 024", "May 1, 24", "May 32, 2024", "1 May",
    "2024-05-01 25:61", "2024-05-01 24:00", "1/5/2024 24:00:00", "2024-05-01 22:60", "2024-05-01 22:15:60",
    "2024-05-01 22", "2024-05-01T", "2024-05-01 22:1", "2024-05-01 222:15", "2024-05-01 22:15:3",
    "2024-05-01 22:15:30.", "2024-05-01 22:15:30.1234567890", "2024-05-01 22.15", "2024-05-01 22:1530",
    "2024-05-01 13:15 PM", "2024-05-01 0:15 AM", "2024-05-01 22:15 XM", "2024-05-01 22:15+15:00",
    "2024-05-01 22:15+99:99", "2024-05-01 22:15+01:60", "2024-05-01 22:15+1", "2024-05-01 22:15 ZZ", "2024-05-01Z",
    "2024-05-01 22:15 CET", "2024-05-01,22:15", "2024-05-01  ,  22:15", "2024-05 22:15", "2024-05T22:15", "45413 22:15",
    "45413T22:15", "45413, 22:15", "2024-05, 22:15", "20240501 22153", "20240501 221", "20240501 2215301",
    "20240501 2415", "20240501 2260", "20240501T2215.5", "45413.", "45413.927 22:15", "45413,927", "45413.9.2", "4541",
    "454130", "9999", "-45413", "+45413", "73416", "99999", "4.5413E4", "1e400", "12:15", "T22:15", ":", " :", ",", "T",
    "\x00", "2024-05-01\x00", "２０２４-05-01", "20２４-05-01", "1/5/20２４", "٤٥٤١٣", "45413.٩", "2024-05-01 ٢٢:15",
    "1 ſep 2024", "²/5/2024", "2024−05−01", "2024-05-01\n2024-05-02", "2024-05-01 22:15 22:15", "9" * 10_000,
    "45413." + "x" * 100_000, "1 " * 50_000 + ":", "2024-05-01 22:15" + ":15" * 10_000, "\U0001d7d0024-05-01",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_DATES, ids=lambda text: ascii(text)[:40])
@pytest.mark.parametrize("order", ["dmy", "mdy"])
def test_what_is_no_date_is_none(text, order):
    assert read(text, order) == ("", "", False)


def test_what_is_no_date_takes_nothing_from_its_neighbours():
    times = parsed("junk", "2024-05-01 22:15", "", "2024-05", "2024-05-02 25:00", "2024-05-02")
    assert times.at.notna().tolist() == [False, True, False, False, False, True]
    assert times.month.notna().tolist() == [False, True, False, True, False, True]
    assert times.known.tolist() == [False, True, False, False, False, False]


# --- the columns of the result ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [[], ["junk"], ["2024-05"], ["2024-05-01"], ["2024-05-01 22:15:00.5Z"]])
def test_the_columns_have_their_types_whatever_the_texts(texts):
    times = parsed(*texts)
    assert times.at.dtype == pd.DatetimeTZDtype("us", "Europe/London")
    assert times.month.dtype == pd.PeriodDtype("M")
    assert times.known.dtype == np.dtype(bool)
    assert len(times.at) == len(times.month) == len(times.known) == len(texts)


def test_the_index_is_that_of_the_texts_which_stay_as_they_are():
    texts = pd.Series(["2024-05-01", "", "2024-05-01", "1 Jun 2024 10:00", None], index=[7, 3, 3, 9, 1], dtype="str")
    before = texts.copy()
    times = parse_times(texts)
    for part in (times.at, times.month, times.known):
        pd.testing.assert_index_equal(part.index, texts.index)
    assert times.at.isna().tolist() == [False, True, False, False, True]
    assert times.at.iloc[0] == times.at.iloc[2] == pd.Timestamp("2024-05-01", tz="Europe/London")
    assert times.month.astype("str").iloc[3] == "2024-06"
    pd.testing.assert_series_equal(texts, before)


# --- clocks that go back and forward, and zones ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2024-10-27 00:59:59", "2024-10-27T00:59:59+01:00"),
        ("2024-10-27 01:00", "2024-10-27T01:00:00+01:00"),
        ("27/10/2024 01:30", "2024-10-27T01:30:00+01:00"),
        ("2024-10-27 01:59:59", "2024-10-27T01:59:59+01:00"),
        ("2024-10-27 02:00", "2024-10-27T02:00:00+00:00"),
        ("2024-10-27T01:30+01:00", "2024-10-27T01:30:00+01:00"),
        ("2024-10-27T01:30Z", "2024-10-27T01:30:00+00:00"),
        ("2024-03-31 00:59:59", "2024-03-31T00:59:59+00:00"),
        ("2024-03-31 01:00", "2024-03-31T02:00:00+01:00"),
        ("31/03/2024 01:30", "2024-03-31T02:30:00+01:00"),
        ("2024-03-31 01:59:59.5", "2024-03-31T02:59:59.500000+01:00"),
        ("2024-03-31 02:00", "2024-03-31T02:00:00+01:00"),
        ("2024-03-31T00:59:59Z", "2024-03-31T00:59:59+00:00"),
        ("2024-03-31T01:00Z", "2024-03-31T02:00:00+01:00"),
        # Summer time all the year, 1968 to 1971; rules that no table of moments reaches.
        ("1969-01-15 10:00", "1969-01-15T10:00:00+01:00"),
        ("2099-07-01 10:00", "2099-07-01T10:00:00+01:00"),
    ],
)
def test_the_two_nights_of_the_clocks_in_london(text, local):
    assert read(text) == (local, local[:7], True)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2024-07-31T23:20:00+00:00", "2024-08-01T00:20:00+01:00"),
        ("2024-07-31 22:59:59Z", "2024-07-31T23:59:59+01:00"),
        ("2024-01-31T23:20:00Z", "2024-01-31T23:20:00+00:00"),
        ("2024-08-01T00:20+02:00", "2024-07-31T23:20:00+01:00"),
    ],
)
def test_the_month_is_that_of_the_local_time(text, local):
    assert read(text) == (local, local[:7], True)


@pytest.mark.parametrize(
    ("text", "options", "local"),
    [
        ("2024-07-31 23:20", {"zone": "UTC"}, "2024-08-01T00:20:00+01:00"),
        ("45504.9722222222", {"zone": "UTC"}, "2024-08-01T00:20:00+01:00"),
        ("2024-07-31 23:20", {"zone": "America/Chicago"}, "2024-08-01T05:20:00+01:00"),
        ("2024-07-31T23:20Z", {"zone": "America/Chicago"}, "2024-08-01T00:20:00+01:00"),
        ("2024-07-31 23:20", {"local": "UTC"}, "2024-07-31T22:20:00+00:00"),
        ("2024-08-01T03:20Z", {"local": "America/Chicago"}, "2024-07-31T22:20:00-05:00"),
        ("2024-08-01 02:20", {"zone": "America/Chicago", "local": "America/Chicago"}, "2024-08-01T02:20:00-05:00"),
    ],
)
def test_zones_of_the_clocks_and_of_the_result(text, options, local):
    assert read(text, **options) == (local, local[:7], True)
    zone = options.get("local", "Europe/London")
    assert parsed(text, **options).at.dtype == pd.DatetimeTZDtype("us", zone)


@pytest.mark.parametrize("text", ["2024-08-01", "1/8/2024", "45505", "2024-08"])
@pytest.mark.parametrize("zone", ["UTC", "America/Chicago", "Pacific/Auckland"])
def test_a_date_without_a_clock_is_a_date_of_the_result_whatever_the_zone(text, zone):
    for local, offset in (("Europe/London", "+01:00"), ("America/Chicago", "-05:00")):
        at, month, known = read(text, zone=zone, local=local)
        assert at == ("" if text == "2024-08" else f"2024-08-01T00:00:00{offset}")
        assert (month, known) == ("2024-08", False)


ZONES = [
    "Europe/London", "America/Chicago", "Australia/Lord_Howe", "Pacific/Apia", "Europe/Moscow", "America/Sao_Paulo",
]  # fmt: skip
NIGHTS = [datetime(2024, 3, 31), datetime(2024, 10, 27), datetime(2011, 12, 30), datetime(2018, 11, 4), datetime(2014, 10, 26), datetime(2024, 10, 6)]  # fmt: skip


@given(
    st.sampled_from(ZONES),
    st.one_of(
        st.datetimes(datetime(1900, 1, 2), datetime(2100, 12, 30)),
        st.builds(
            lambda night, minutes: night + timedelta(minutes=minutes),
            st.sampled_from(NIGHTS),
            st.integers(-60, 26 * 60),
        ),
    ),
)
@settings(max_examples=120, deadline=None)
def test_every_zone_is_read_as_the_first_of_two_and_on_by_what_the_clocks_skip(zone, wall):
    moment = first_in_utc(wall, zone)
    times = parsed(wall.isoformat(" ", "microseconds"), zone=zone)
    assert times.at.iloc[0].tz_convert("UTC") == moment
    assert str(times.month.iloc[0]) == f"{moment.astimezone(LONDON):%Y-%m}"
    at_home = parsed(wall.isoformat("T", "microseconds"), zone=zone, local=zone)
    assert at_home.at.iloc[0].tz_convert("UTC") == moment
    day = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    alone = parsed(f"{day:%Y-%m-%d}", local=zone)
    assert alone.at.iloc[0].tz_convert("UTC") == first_in_utc(day, zone)


def first_in_utc(wall: datetime, zone: str) -> datetime:
    """PEP 495: fold 0 is the first of two times, and in a gap the offset from before it."""
    return wall.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0).astimezone(UTC)


@pytest.mark.parametrize("option", ["zone", "local"])
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Londn", r"did you mean 'Europe/London'\?"),
        ("europe/london", r"did you mean 'Europe/London'\?"),
        ("BSTX/nowhere at all", "write it as 'Europe/London' or 'UTC'"),
        ("", "write it as"),
        ("../UTC", "did you mean"),
        ("Europe", "did you mean"),
        ("a\x00b", "write it as"),
        ("x" * 3000, "write it as"),
    ],
)
def test_a_zone_that_does_not_exist_is_named(option, name, hint):
    with pytest.raises(SettingsError, match=f"^The time zone .* for the dates of column When is not known; .*{hint}"):
        parsed("2024-05-01", where="column When", **{option: name})
    with pytest.raises(SettingsError, match=hint):
        parsed(**{option: name})


# --- what is written is read -----------------------------------------------------------------------------------------

DAY_FORMS = {
    "%Y-%m-%d": "", "%Y/%m/%d": "", "%d/%m/%Y": "dmy", "%d.%m.%Y": "dmy", "%d-%m-%Y": "dmy", "%d/%m/%y": "dmy",
    "%m/%d/%Y": "mdy", "%m-%d-%y": "mdy", "%d %b %Y": "", "%d-%b-%y": "", "%d %B %Y": "", "%B %d, %Y": "",
    "%b %d %Y": "", "%Y%m%d": "",
}  # fmt: skip
CLOCK_FORMS = {
    "": timedelta(days=1), " %H:%M": timedelta(minutes=1), "T%H:%M": timedelta(minutes=1),
    " %H:%M:%S": timedelta(seconds=1), "T%H:%M:%S.%f": timedelta(microseconds=1), " %I:%M %p": timedelta(minutes=1),
    " %I:%M:%S%p": timedelta(seconds=1),
}  # fmt: skip
COMPACT_FORMS = {
    "%Y%m%d %H%M": timedelta(minutes=1), "%Y%m%dT%H%M%S": timedelta(seconds=1), "%Y%m%d%H%M": timedelta(minutes=1),
}  # fmt: skip


def cut(moment: datetime, step: timedelta) -> datetime:
    return moment - (moment - datetime.min) % step


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2068, 12, 31)),
    st.sampled_from([(day, clock) for day in DAY_FORMS for clock in CLOCK_FORMS]),
)
@settings(max_examples=150, deadline=None)
def test_a_time_written_in_any_form_is_read_back(moment, form):
    day, clock = form
    times = parsed(moment.strftime(day + clock), order=DAY_FORMS[day], zone="UTC", local="UTC")
    assert times.at.iloc[0] == cut(moment, CLOCK_FORMS[clock]).replace(tzinfo=UTC)
    assert str(times.month.iloc[0]) == f"{moment:%Y-%m}"
    assert times.known.iloc[0] == bool(clock)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 12, 31)), st.sampled_from(sorted(COMPACT_FORMS)))
@settings(max_examples=60, deadline=None)
def test_a_compact_time_is_read_back(moment, form):
    at = parsed(moment.strftime(form), zone="UTC", local="UTC").at.iloc[0]
    assert at == cut(moment, COMPACT_FORMS[form]).replace(tzinfo=UTC)


@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2100, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["T", " "]),
    st.sampled_from(["minutes", "seconds", "milliseconds", "microseconds"]),
    st.sampled_from(ZONES),
)
@settings(max_examples=100, deadline=None)
def test_a_time_with_an_offset_is_exact_in_every_zone(wall, offset, between, precision, zone):
    text = wall.strftime("%Y-%m-%d") + between + wall.time().isoformat(precision)
    hours, minutes = divmod(abs(offset), 60)
    text += f"{'-' if offset < 0 else '+'}{hours:02d}:{minutes:02d}"
    at = parsed(text, zone=zone).at.iloc[0]
    assert at.tz_convert("UTC") == datetime.fromisoformat(text).astimezone(UTC)


@given(st.integers(10_000, 73_050), st.integers(1, 86_399), st.integers(9, 15))
@settings(max_examples=100, deadline=None)
def test_a_spreadsheets_day_number_is_read_back_to_the_second(day, second, digits):
    text = f"{day}.{f'{second / 86_400:.{digits}f}'[2:]}"
    at = parsed(text, zone="UTC", local="UTC").at.iloc[0]
    assert at == pd.Timestamp("1899-12-30", tz="UTC") + pd.Timedelta(days=day, seconds=second)


def test_a_whole_day_number_has_no_clock():
    times = parsed("45413", "45413.0", "45413.25", "45413.0000001")
    assert times.known.tolist() == [False, False, True, True]
    assert [f"{at:%d %H:%M:%S}" for at in times.at] == ["01 00:00:00", "01 00:00:00", "01 06:00:00", "01 00:00:00"]


# --- day first or month first ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["1/5/2024", "13/5/2024", "2/6/2024"], ["2024-05-01", "2024-05-13", "2024-06-02"]),
        (["1/5/2024", "5/13/2024", "2/6/2024"], ["2024-01-05", "2024-05-13", "2024-02-06"]),
        (["1.5.24", "31-12-23 10:00"], ["2024-05-01", "2023-12-31"]),
        (["1-5-24 10:00 PM", "02/29/2024"], ["2024-01-05", "2024-02-29"]),
        # The same either way: nothing to decide.
        (["5/5/2024", "6/6/24", "2024-01-02"], ["2024-05-05", "2024-06-06", "2024-01-02"]),
        # Other forms have no vote, and keep their own order.
        (["2024-01-13", "13 May 2024", "20240113", "45413", "5/5/2024"],
         ["2024-01-13", "2024-05-13", "2024-01-13", "2024-05-01", "2024-05-05"]),
        (["3/31/2024", "2024-01-02", "2 Jan 2024", "Jan 2, 2024"],
         ["2024-03-31", "2024-01-02", "2024-01-02", "2024-01-02"]),
        # No date in either order proves nothing.
        (["13/13/2024", "13/5/2024"], ["", "2024-05-13"]),
        (["31/06/2024", "06/31/2024", "1/13/2024"], ["", "", "2024-01-13"]),
        (["13/5/2024 25:00", "1/13/2024"], ["", "2024-01-13"]),
        (["13/5/1850", "1/13/2024"], ["", "2024-01-13"]),
    ],
)  # fmt: skip
def test_the_order_is_found_in_the_column(texts, days):
    at = parsed(*texts).at
    assert ["" if pd.isna(moment) else moment.date().isoformat() for moment in at] == days


@pytest.mark.parametrize(
    "texts",
    [
        ["1/5/2024", "2/3/2024 10:00", "5/5/2024", "1/5/2024", "03.04.24", "9/8/2024"],
        ["x", "2024-05-13", "1/5/2024", "13/13/2024", "2/3/2024  10:00", "31/06/2024", "03.04.24"],
    ],
)
def test_an_order_that_nothing_tells_is_an_error_with_three_examples(texts):
    said = (
        r"^The dates of column When of x\.csv may be day first or month first, and none tells which "
        r'\(1/5/2024, 2/3/2024 10:00, 03\.04\.24\); write date_order = "dmy" \(or "mdy"\) in the settings\.$'
    )
    with pytest.raises(InputError, match=said):
        parsed(*texts, where="column When of x.csv")


def test_a_single_date_of_either_order_is_an_error_about_the_file():
    with pytest.raises(InputError, match=r"^The dates of the file may .* \(1/5/2024\)"):
        parsed("1/5/2024")


@pytest.mark.parametrize(
    "texts",
    [
        ["1/5/2024", "13/5/2024 9:00", "14/5/2024", "1/31/2024", "2/28/2024"],
        ["1/31/2024", "13/5/2024 9:00"],
    ],
)
def test_two_orders_in_one_column_are_an_error_with_both_examples(texts):
    said = (
        r"^Of the dates of column When some are day first \(13/5/2024 9:00\) and some month first \(1/31/2024\); write "
        r'the order that holds, date_order = "dmy" or "mdy", in the settings'
    )
    with pytest.raises(InputError, match=said):
        parsed(*texts, where="column When")


@pytest.mark.parametrize(
    ("order", "days"),
    [
        ("dmy", ["2024-05-01", "2024-05-13", "", "2024-01-02"]),
        ("mdy", ["2024-01-05", "", "2024-01-31", "2024-01-02"]),
    ],
)
def test_with_an_order_given_dates_that_do_not_fit_are_no_dates(order, days):
    times = parsed("1/5/2024", "13/5/2024 9:00", "1/31/2024 9:00", "2024-01-02", order=order)
    assert ["" if pd.isna(moment) else moment.date().isoformat() for moment in times.at] == days
    assert times.month.notna().tolist() == [bool(day) for day in days]
    assert times.known.tolist() == [False, order == "dmy", order == "mdy", False]


def test_an_order_that_does_not_exist_is_an_error():
    with pytest.raises(SettingsError, match=r"date_order of the file must be \"dmy\" or \"mdy\", or empty, not 'ymd'"):
        parsed("2024-05-01", order="ymd")


@given(st.lists(st.dates(date(1971, 1, 1), date(2068, 12, 31)), min_size=1), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
@settings(max_examples=60, deadline=None)
def test_an_order_once_proven_holds_for_the_whole_column(days, form):
    assume(any(day.day > 12 for day in days))
    assert [at.date() for at in parsed(*(day.strftime(form) for day in days)).at] == days


# --- midnights -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["2017-05-25T00:00:00Z", "2017-12-25T00:00:00Z"], ["2017-05-25", "2017-12-25"]),
        (["01/05/2024 00:00", "13/05/2024 00:00"], ["2024-05-01", "2024-05-13"]),
        (["13/05/2024 12:00 AM", "14/05/2024 12:00:00 AM"], ["2024-05-13", "2024-05-14"]),
        (["2024-05-01T00:00:00.000+09:00", "20240502 0000"], ["2024-05-01", "2024-05-02"]),
        # A date alone is the second date; what is no date and months alone have no say.
        (["2024-05-01 00:00Z", "2024-05-02"], ["2024-05-01", "2024-05-02"]),
        (
            ["2024-05-01 00:00Z", "2024-05-02 25:00", "2024-05", "2024-05-02 00:00"],
            ["2024-05-01", "", "", "2024-05-02"],
        ),
        (["1965-05-01 00:00Z", "1965-05-02 00:00Z", "1965-05-02 00:00Z"], ["1965-05-01", "1965-05-02", "1965-05-02"]),
        (["45412.9999999", "45414.0000001"], ["2024-05-01", "2024-05-02"]),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/London", "UTC", "Asia/Tokyo"])
def test_where_every_clock_says_midnight_no_time_is_known_and_the_dates_stay(texts, days, zone):
    times = parsed(*texts, zone=zone)
    assert not times.known.any()
    assert ["" if pd.isna(at) else at.strftime("%Y-%m-%d %H:%M:%S") for at in times.at] == [
        f"{day} 00:00:00" if day else "" for day in days
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-05-01T00:00:00Z", "2024-05-02T00:00:00.001Z"],
        ["2024-05-01T00:00:00Z", "2024-05-02T00:01Z"],
        # One date only: a clock may well have said midnight.
        ["2024-05-01T00:00:00Z"],
        ["2024-05-01T00:00:00Z", "2024-05-01T00:00Z", "1 May 2024 00:00:00Z"],
        ["2024-05-01T00:00:00Z", "2024-05-01", "2024-06", "junk", ""],
    ],
)
def test_midnights_among_other_clocks_or_on_one_date_are_times(texts):
    times = parsed(*texts)
    written = [":" in text for text in texts]
    assert times.known.tolist() == written
    assert times.at.iloc[0].isoformat() == "2024-05-01T01:00:00+01:00"


# --- any text --------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["2024", "05", "1", "13", "31", "/", "-", ".", ":", " ", "T", "Z", "+", ",", "May", "pm", "00", "45413", "٣", "\x00", "\u00a0", "２"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(categories=["Nd", "Cs", "Zs", "Cc", "Po", "Pd"]), max_size=20),
    st.lists(PIECES, max_size=12).map("".join),
    st.from_regex(r"\A[0-9]{1,4}[-/. ]?[0-9A-Za-z]{1,9}[-/. ]?[0-9]{1,4}([T ][0-9]{1,2}:[0-9]{2}([+-][0-9]{4})?)?\Z"),
)


@given(st.lists(TEXTS, max_size=8), st.sampled_from(["", "dmy", "mdy"]), st.sampled_from(ZONES))
@settings(max_examples=150, deadline=None)
def test_any_texts_are_times_or_none_or_an_error_of_the_family(texts, order, zone):
    try:
        times = parse_times(pd.Series(texts, dtype=PYTHON), order=order, zone=zone, where="x")
    except HotspotsError:
        assert order == ""
        return
    assert not (times.known & times.at.isna()).any()
    assert (times.month.notna() | times.at.isna()).all()
    dated = times.at.notna()
    local = times.at.dt.tz_localize(None)
    pd.testing.assert_series_equal(times.day, local.dt.normalize())
    assert local[dated].dt.to_period("M").equals(times.month[dated])
    assert not dated[[not any(sign in "0123456789" for sign in text) for text in texts]].any()


@given(st.lists(st.one_of(st.sampled_from(NO_DATES[:60]), st.datetimes(datetime(1971, 1, 1), datetime(2068, 1, 1)).map(str)), min_size=1), st.randoms())  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_order_and_number_of_equal_rows_changes_nothing(texts, random):
    once = parse_times(pd.Series(texts, dtype="str"), order="dmy")
    rows = [random.randrange(len(texts)) for _ in range(5)] + random.sample(range(len(texts)), len(texts))
    again = parse_times(pd.Series([texts[row] for row in rows], index=rows, dtype="str"), order="dmy")
    for name in ("at", "day", "month", "known"):
        ours, theirs = getattr(once, name), getattr(again, name)
        pd.testing.assert_series_equal(ours.iloc[rows], theirs)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("13/05/2024", "2024-05-13"),
        ("13/05/2024 00:00", "2024-05-13"),
        ("2024-07-31T23:20:00Z", "2024-08-01"),
        ("2024-05", None),
        ("soon", None),
    ],
)
def test_the_day_is_the_local_date(text, day):
    found = parsed(text, "31/12/2024 10:00").day
    assert found.dtype == "datetime64[us]"
    assert found.iloc[0] == pd.Timestamp(day) if day else pd.isna(found.iloc[0])


def test_a_date_whose_midnight_the_clocks_skip_is_that_date():
    times = parsed("2018-11-04", "2018-11-05", zone="America/Sao_Paulo", local="America/Sao_Paulo")
    assert times.at.iloc[0].hour == 1
    assert times.day.astype("str").tolist() == ["2018-11-04", "2018-11-05"]


# --- published columns -----------------------------------------------------------------------------------------------

STAMPED = REAL / "timestamped"


def published(name: str, title: str) -> pd.Series:
    path = STAMPED / name
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = csv.DictReader(content.decode("utf-8").splitlines())
    return pd.Series([row[title] for row in itertools.islice(rows, 20_000)], dtype="str")


@pytest.mark.real
@pytest.mark.skipif(not STAMPED.is_dir(), reason=f"no real data at {STAMPED}")
@pytest.mark.parametrize(
    ("name", "title", "zone"),
    [
        ("chicago_aggravated_assaults.csv.gz", "date", "America/Chicago"),
        ("cincinnati_burglary.csv.gz", "offense_date", "America/New_York"),
        ("san_francisco_robbery.csv", "date_time", "America/Los_Angeles"),
    ],
)
def test_published_stamps_are_what_pandas_reads(name, title, zone):
    texts = published(name, title)
    times = parse_times(texts, zone=zone, local=zone)
    assert times.known.all()
    naive = pd.to_datetime(texts, format="ISO8601")
    expected = (
        naive.dt.tz_convert(zone)
        if naive.dt.tz is not None
        else naive.dt.tz_localize(zone, ambiguous=np.ones(len(naive), dtype=bool), nonexistent=pd.Timedelta(hours=1))
    )
    pd.testing.assert_series_equal(times.at, expected.dt.as_unit("us"), check_names=False)


@pytest.mark.real
@pytest.mark.skipif(not STAMPED.is_dir(), reason=f"no real data at {STAMPED}")
def test_published_dates_without_a_clock_stay_on_their_day():
    texts = published("nottingham_burglary.csv.gz", "month")
    times = parse_times(texts)
    assert not times.known.any()
    assert (times.at.dt.strftime("%Y-%m-%d") == texts).all()
