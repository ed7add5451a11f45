"""Recurrence: rules against dateutil, the clock across its changes, periods, and words."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import dateutil.rrule
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from hotspots.errors import InputError, TableError
from hotspots.events.recurrence import check_rule, expand, faults, said
from hotspots.events.rules import dates_of, read_rule
from hotspots.tables import check
from hotspots.tables.events import events_table
from hotspots.tables.occurrences import OCCURRENCES

LONDON = "Europe/London"
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz=LONDON).as_unit("us")


def events(*rows: dict[str, object]):
    """EVENTS of rows; what a row does not say is empty."""
    plain = {"title": "Market", "kind": "market", "status": "planned"}
    made = [plain | {"event_id": f"E{number}"} | row for number, row in enumerate(rows, 1)]
    names = dict.fromkeys(name for row in made for name in row)
    return events_table({name: [row.get(name) for row in made] for name in names}, epsg=27700)


def starts(first: Any, last: Any, **row: Any) -> list[str]:
    found = expand(events(row), pd.Timestamp(first), pd.Timestamp(last))
    return [start.isoformat() for start in found["starts_at"]]


def dates(rule: str, start: str, first: str, last: str) -> list[str]:
    found = dates_of(read_rule(rule), np.datetime64(start), np.datetime64(first), np.datetime64(last))
    return [str(day) for day in found]


# --- rules ------------------------------------------------------------------------------------------------------------


def numbers(least: int, most: int):
    return st.lists(st.integers(least, most).filter(bool), min_size=1, max_size=5, unique=True)


@st.composite
def rules(draw):
    """A rule that dateutil reads as RFC 5545 does.

    Left out is where it does not: days with and without a number in one rule are joined by "and" there, and positions
    in the first week are counted from the start on.
    """
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency}
    if draw(st.booleans()):
        parts["INTERVAL"] = str(draw(st.integers(1, 5)))
    if draw(st.booleans()):
        parts["COUNT"] = str(draw(st.integers(1, 30)))
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(DAYS))
    if draw(st.booleans()):
        parts["BYMONTH"] = ",".join(map(str, draw(numbers(1, 12))))
    chosen = False
    if frequency != "WEEKLY" and draw(st.booleans()):
        parts["BYMONTHDAY"], chosen = ",".join(map(str, draw(numbers(-31, 31)))), True
    if frequency == "YEARLY" and not chosen and draw(st.booleans()):
        parts["BYYEARDAY"], chosen = ",".join(map(str, draw(numbers(-366, 366)))), True
    if draw(st.booleans()):
        days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True))
        numbered = frequency in {"MONTHLY", "YEARLY"} and draw(st.booleans())
        number = st.sampled_from(["1", "+2", "-1", "3", "5", "-2"])
        parts["BYDAY"], chosen = ",".join(draw(number) + day if numbered else day for day in days), True
    if chosen and frequency != "WEEKLY" and draw(st.booleans()):
        parts["BYSETPOS"] = ",".join(map(str, draw(numbers(-3, 3))))
    return ";".join(f"{name}={value}" for name, value in parts.items())


def oracle(rule: str, start: dt.date, last: dt.date) -> list[dt.date]:
    """All dates up to the last: dateutil's, and the start itself as the first of them."""
    told: Any = dateutil.rrule.rrulestr(rule, dtstart=dt.datetime.combine(start, dt.time()))
    count = told._count
    found = [time.date() for time in told.replace(count=None, until=dt.datetime.combine(last, dt.time()))]
    found = found if found and found[0] == start else [start, *found]
    return found if count is None else found[:count]


@settings(max_examples=60, deadline=None)
@given(rule=rules(), start=st.integers(0, 800), first=st.integers(-40, 700), length=st.integers(0, 400))
def test_dates_are_those_of_dateutil(rule, start, first, length):
    day = dt.date(2023, 11, 20) + dt.timedelta(days=start)
    begin = day + dt.timedelta(days=first)
    end = begin + dt.timedelta(days=length)
    with pytest.MonkeyPatch.context() as patch:
        # A rule without any date would have it look for one up to the year 9999.
        kinds = {name: getattr(dt, name) for name in ("date", "datetime", "timedelta", "time", "timezone", "tzinfo")}
        patch.setattr(dateutil.rrule, "datetime", SimpleNamespace(MAXYEAR=2029, **kinds))
        expected = [date.isoformat() for date in oracle(rule, day, max(end, day)) if begin <= date <= end]
    assert dates(rule, str(day), str(begin), str(end)) == expected


def test_days_with_and_without_a_number_are_joined():
    found = dates("FREQ=MONTHLY;BYDAY=1MO,SU", "2025-05-04", "2025-05-01", "2025-05-31")
    assert found == ["2025-05-04", "2025-05-05", "2025-05-11", "2025-05-18", "2025-05-25"]


def test_a_position_is_counted_in_the_whole_week():
    # The start is a Friday: the second of Tuesday and Saturday is still the Saturday.
    found = dates("FREQ=WEEKLY;BYDAY=TU,SA;BYSETPOS=2", "2024-08-16", "2024-08-01", "2024-08-31")
    assert found == ["2024-08-16", "2024-08-17", "2024-08-24", "2024-08-31"]


def test_the_start_of_the_week_decides_every_second_week():
    # The example of RFC 5545, section 3.3.10.
    rule, start = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=", "1997-08-05"
    assert dates(rule + "MO", start, start, "1997-12-31") == ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    assert dates(rule + "SU", start, start, "1997-12-31") == ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]


def test_a_start_that_the_rule_does_not_name_is_one_of_the_count():
    assert dates("FREQ=WEEKLY;BYDAY=FR;COUNT=3", "2025-05-06", "2025-01-01", "2025-12-31") == [
        *("2025-05-06", "2025-05-09", "2025-05-16")
    ]


@pytest.mark.parametrize("rule", ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=9999;BYMONTH=2"])
def test_a_rule_that_hardly_applies_ends(rule):
    assert dates(rule, "2025-05-06", "2025-05-07", "2028-12-31") == []


def test_nothing_lies_before_the_start_or_outside_the_period():
    assert dates("FREQ=DAILY", "2025-05-06", "2025-05-01", "2025-05-05") == []
    assert dates("FREQ=DAILY", "2025-05-06", "2025-05-01", "2025-05-07") == ["2025-05-06", "2025-05-07"]
    assert dates("FREQ=DAILY;COUNT=2", "2025-05-06", "2025-05-07", "2025-06-07") == ["2025-05-07"]


def test_a_leap_day_comes_in_leap_years():
    assert dates("FREQ=YEARLY", "2024-02-29", "2024-01-01", "2032-12-31") == ["2024-02-29", "2028-02-29", "2032-02-29"]


@pytest.mark.parametrize(
    ("rule", "said_of"),
    [
        ("", "is empty; write one such as FREQ=WEEKLY;BYDAY=TU,FR"),
        ("RRULE:", "is empty"),
        ("every Friday", "part 'EVERY FRIDAY' that is not known"),
        ("FREQ=WEEKLY;BYWEEKNO=3", "part 'BYWEEKNO=3' that is not known"),
        ("FREQ=", "part 'FREQ=' that is not known"),
        ("BYDAY=FR", "needs FREQ as DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("FREQ=FORTNIGHTLY", "needs FREQ as"),
        ("FREQ=SECONDLY", r"recurs within a day \(FREQ=SECONDLY\)"),
        ("FREQ=MINUTELY;COUNT=3", r"recurs within a day \(FREQ=MINUTELY\)"),
        ("FREQ=HOURLY", r"recurs within a day \(FREQ=HOURLY\)"),
        ("FREQ=DAILY;BYHOUR=9,17", r"recurs within a day \(BYHOUR\)"),
        ("FREQ=DAILY;FREQ=DAILY", "says FREQ twice"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20250101", "has both COUNT and UNTIL"),
        ("FREQ=DAILY;COUNT=0", "COUNT is '0', expected 1 to 9999"),
        ("FREQ=DAILY;COUNT=2,3", "COUNT is '2,3', expected 1 to 9999"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL is '-1', expected 1 to 9999"),
        ("FREQ=DAILY;INTERVAL=99999", "INTERVAL is '99999'"),
        ("FREQ=DAILY;INTERVAL=²", "INTERVAL is '²'"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH is '13', expected 1 to 12"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH is '-1', expected 1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY is '32', expected -31 to 31, without 0"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY is '0'"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY does not go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYYEARDAY=3", "BYYEARDAY does not go with FREQ=MONTHLY"),
        ("FREQ=WEEKLY;BYDAY=1FR", "BYDAY has '1FR'"),
        ("FREQ=DAILY;BYDAY=-1FR", "BYDAY has '-1FR'"),
        ("FREQ=MONTHLY;BYDAY=6FR", "BYDAY has '6FR'"),
        ("FREQ=MONTHLY;BYDAY=0FR", "BYDAY has '0FR'"),
        ("FREQ=YEARLY;BYDAY=54FR", "BYDAY has '54FR'"),
        ("FREQ=WEEKLY;BYDAY=Friday", "BYDAY has 'FRIDAY'"),
        ("FREQ=WEEKLY;WKST=XX", "WKST is 'XX'"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among days"),
        ("FREQ=DAILY;UNTIL=2025-07-25", "UNTIL is '2025-07-25', expected a date such as 20250725"),
        ("FREQ=DAILY;UNTIL=20250230", "UNTIL is '20250230'"),
        ("FREQ=DAILY;" + "BYMONTH=1,1," * 60, "has more than 500 letters"),
    ],
)
def test_what_is_no_rule_is_one_clear_sentence(rule, said_of):
    with pytest.raises(InputError, match=said_of) as caught:
        check_rule(rule)
    assert str(caught.value).startswith("The recurrence ")
    assert str(caught.value).count(". ") == 0
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "rule", [" rrule:freq=weekly; byday=fr ;", "FREQ=YEARLY;BYDAY=53FR", "FREQ=MONTHLY;BYDAY=-5FR"]
)
def test_a_rule_may_be_written_loosely(rule):
    check_rule(rule)


@given(st.text(max_size=40) | st.text("FREQ=DAILYWK;BTUNOS0123456789,-", max_size=40))
def test_any_text_is_a_rule_or_an_error_of_ours(text):
    try:
        dates_of(read_rule(text), np.datetime64("2025-05-06"), np.datetime64("2025-05-01"), np.datetime64("2025-06-30"))
    except InputError:
        return


@pytest.mark.parametrize("exceptions", ["18/04/2025", "2025-04-18,2025-04-25", "2025-02-30", "NaT", "2025-04-18T10"])
def test_exceptions_that_are_no_dates_are_named(exceptions):
    with pytest.raises(InputError, match=r"The exceptions .* are not dates; write them as 2025-04-18"):
        check_rule("FREQ=DAILY", exceptions)


# --- the clock --------------------------------------------------------------------------------------------------------


def test_the_local_clock_is_kept_across_both_clock_changes_of_2025():
    row = {"starts_at": at("2025-01-07 10:00"), "ends_at": at("2025-01-07 16:00"), "rrule": "FREQ=WEEKLY;BYDAY=TU,SU"}
    for first, last, offsets in (
        ("2025-03-25", "2025-04-01 23:59", {"2025-03-25": "+00:00", "2025-03-30": "+01:00", "2025-04-01": "+01:00"}),
        ("2025-10-21", "2025-10-28 23:59", {"2025-10-21": "+01:00", "2025-10-26": "+00:00", "2025-10-28": "+00:00"}),
    ):
        found = expand(events(row), pd.Timestamp(first), pd.Timestamp(last))
        expected = [f"{day}T10:00:00{offset}" for day, offset in offsets.items()]
        assert [start.isoformat() for start in found["starts_at"]] == expected
        assert (found["ends_at"] - found["starts_at"] == pd.Timedelta(hours=6)).all()


def test_a_night_ends_at_its_clock_though_the_clocks_change_meanwhile():
    row = {"starts_at": at("2025-01-04 22:00"), "ends_at": at("2025-01-05 03:00"), "rrule": "FREQ=WEEKLY"}
    hours = {}
    for first in ("2025-03-22", "2025-03-29", "2025-10-25"):
        (night,) = expand(events(row), pd.Timestamp(first), pd.Timestamp(f"{first} 23:59")).itertuples()
        assert f"{night.ends_at:%H:%M}" == "03:00"
        hours[first] = (night.ends_at - night.starts_at) / pd.Timedelta(hours=1)
    assert hours == {"2025-03-22": 5, "2025-03-29": 4, "2025-10-25": 6}


def test_a_clock_that_is_jumped_over_or_occurs_twice():
    row = {"starts_at": at("2025-01-05 01:30"), "rrule": "FREQ=WEEKLY"}
    assert starts("2025-03-30", "2025-03-30 12:00", **row) == ["2025-03-30T02:00:00+01:00"]
    assert starts("2025-10-26", "2025-10-26 12:00", **row) == ["2025-10-26T01:30:00+01:00"]


def test_the_events_own_times_stay_to_the_moment():
    # The second 01:15 of the night: on the clock it ends before it starts.
    start = pd.Timestamp("2025-10-26T00:30Z").tz_convert(LONDON).as_unit("us")
    end = pd.Timestamp("2025-10-26T01:15Z").tz_convert(LONDON).as_unit("us")
    found = expand(
        events({"starts_at": start, "ends_at": end, "rrule": "FREQ=DAILY"}),
        pd.Timestamp("2025-10-26"),
        pd.Timestamp("2025-10-27 23:00"),
    )
    assert list(found["starts_at"]) == [start, at("2025-10-27 01:30")]
    assert list(found["ends_at"]) == [end, at("2025-10-27 02:15")]


# --- periods ----------------------------------------------------------------------------------------------------------


def test_an_event_over_midnight_belongs_to_both_days_and_one_that_ends_at_midnight_does_not():
    over = {"starts_at": at("2025-04-30 21:00"), "ends_at": at("2025-05-01 02:00")}
    until = over | {"ends_at": at("2025-05-01 00:00")}
    open_end = over | {"ends_at": None}
    may = ("2025-05-01", "2025-05-31 23:59:59")
    assert starts(*may, **over) == ["2025-04-30T21:00:00+01:00"]
    assert starts(*may, **until) == starts(*may, **open_end) == []
    assert len(starts("2025-04-01", "2025-04-30 23:59:59", **over)) == 1
    assert starts(*may, **until, dispersal_at=at("2025-05-01 00:30")) == ["2025-04-30T21:00:00+01:00"]
    assert starts(*may, **over, rrule="FREQ=MONTHLY;BYMONTHDAY=30")[0] == "2025-04-30T21:00:00+01:00"


def test_both_ends_of_the_period_are_in_it_and_may_carry_a_zone():
    row = {"starts_at": at("2025-05-04 10:00")}
    assert len(starts("2025-05-04 10:00", "2025-05-04 10:00", **row)) == 1
    assert starts("2025-05-04 10:01", "2025-05-05", **row) == starts("2025-05-03", "2025-05-04 09:59", **row) == []
    assert len(starts("2025-05-04T09:00Z", "2025-05-04T09:00Z", **row)) == 1
    assert starts("2025-05-04T09:01Z", "2025-05-04T12:00Z", **row) == []


def test_exceptions_and_the_last_date_end_a_series():
    row = {
        "starts_at": at("2025-05-02 10:00"),
        "rrule": "FREQ=WEEKLY;UNTIL=20250523",
        "except_on": "2025-05-09 2025-05-16",
    }
    year = ("2025-01-01", "2025-12-31")
    assert [start[:10] for start in starts(*year, **row)] == ["2025-05-02", "2025-05-23"]
    assert len(starts(*year, **row | {"rrule": "FREQ=WEEKLY;UNTIL=20250523T090000Z"})) == 2
    assert len(starts(*year, **row | {"rrule": "FREQ=WEEKLY;UNTIL=20250523T085959Z"})) == 1
    assert len(starts(*year, **row | {"rrule": "FREQ=WEEKLY;UNTIL=20250523T095959"})) == 1
    # An exception is one of the count, as RFC 5545 has it.
    assert [start[:10] for start in starts(*year, **row | {"rrule": "FREQ=WEEKLY;COUNT=4"})] == [
        "2025-05-02",
        "2025-05-23",
    ]


def test_occurrences_carry_what_the_event_says():
    place = Point(549_000, 175_500)
    register = events(
        {
            "event_id": "M",
            "starts_at": at("2025-05-02 10:00"),
            "ends_at": at("2025-05-02 16:00"),
            "dispersal_at": at("2025-05-02 16:30"),
            "rrule": "FREQ=WEEKLY",
            "risk": "high",
            "expected_attendance": 900,
            "geometry": place,
        },
        {"event_id": "A", "title": "Walk", "starts_at": at("2025-05-09 09:00"), "status": "proposed"},
        {"event_id": "X", "starts_at": at("2025-05-09 09:00"), "rrule": "FREQ=DAILY", "status": "cancelled"},
    )
    before = register.copy(deep=True)
    found = expand(register, pd.Timestamp("2025-05-05"), pd.Timestamp("2025-05-18"))
    assert list(found.index) == ["A@20250509T0900", "M@20250509T1000", "M@20250516T1000"]
    assert found["event_id"].tolist() == ["A", "M", "M"]
    market, walk = found.loc["M@20250516T1000"], found.loc["A@20250509T0900"]
    assert (market["title"], market["kind"], market["status"], market["risk"]) == (
        "Market",
        "market",
        "planned",
        "high",
    )
    assert (market["ends_at"], market["dispersal_at"]) == (at("2025-05-16 16:00"), at("2025-05-16 16:30"))
    assert market["expected_attendance"] == 900
    assert market.geometry == place
    assert (walk["status"], walk.geometry) == ("proposed", None)
    assert walk[["ends_at", "dispersal_at", "risk", "expected_attendance"]].isna().all()
    assert found.crs == register.crs
    pd.testing.assert_frame_equal(register, before)


def test_no_events_are_no_occurrences():
    for register in (events(), events({"starts_at": at("2030-01-01"), "rrule": "FREQ=DAILY"})):
        found = expand(register, pd.Timestamp("2025-05-05"), pd.Timestamp("2025-05-18"))
        assert found.empty
        check(OCCURRENCES, found, epsg=27700)


SERIES = st.fixed_dictionaries(
    {
        "starts_at": st.integers(0, 2 * 365 * 48).map(lambda half: at("2024-01-01") + pd.Timedelta(minutes=30 * half)),
        "hours": st.integers(0, 40),
        "rrule": st.none() | rules(),
    }
)


@settings(max_examples=6, deadline=None)
@given(st.lists(SERIES, max_size=3), st.integers(0, 700), st.integers(1, 40))
def test_two_halves_of_a_period_hold_what_the_whole_holds(rows, first, length):
    register = events(*(row | {"ends_at": row["starts_at"] + pd.Timedelta(hours=row.pop("hours"))} for row in rows))
    begin = at("2024-06-01") + pd.Timedelta(days=first)
    middle, end = begin + pd.Timedelta(hours=9 * length), begin + pd.Timedelta(days=length)
    whole = expand(register, begin, end)
    halves = [expand(register, begin, middle - pd.Timedelta("1us")), expand(register, middle, end)]
    assert sorted({*halves[0].index, *halves[1].index}) == list(whole.index)
    assert (whole["starts_at"] <= end).all()
    assert (whole["ends_at"] >= whole["starts_at"]).all()
    shuffled = expand(register.iloc[::-1].sort_index(), begin, end)
    pd.testing.assert_frame_equal(whole, shuffled)


def test_a_rule_that_cannot_be_used_names_the_event():
    register = events({"starts_at": at("2025-05-02"), "rrule": "FREQ=HOURLY"})
    with pytest.raises(InputError, match=r"Event E1 \(Market\): The recurrence 'FREQ=HOURLY' recurs within a day"):
        expand(register, pd.Timestamp("2025-05-05"), pd.Timestamp("2025-05-18"))
    with pytest.raises(TableError, match="title"):
        expand(register.drop(columns="title"), pd.Timestamp("2025-05-05"), pd.Timestamp("2025-05-18"))


def test_faults_are_listed_by_event():
    register = events(
        {"starts_at": at("2025-05-02"), "rrule": "FREQ=HOURLY"},
        {"starts_at": at("2025-05-02"), "rrule": "FREQ=DAILY"},
        {"starts_at": at("2025-05-02"), "rrule": "FREQ=DAILY", "except_on": "Easter"},
        {"starts_at": at("2025-05-02")},
    )
    found = faults(register)
    assert list(found.index) == ["E1", "E3"]
    assert found["E3"].startswith("The exceptions 'Easter'")
    assert faults(register.iloc[[3]]).empty


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", ""),
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "every third day"),
        ("FREQ=DAILY;BYMONTH=8", "every day in Aug"),
        ("FREQ=WEEKLY", "every week"),
        ("FREQ=WEEKLY;BYDAY=TU,FR", "every Tue, Fri"),
        ("FREQ=WEEKLY;BYDAY=SA;BYMONTH=6,7", "every Sat in Jun, Jul"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA;UNTIL=20250725T225959Z", "every second week on Sat, until 25 Jul 2025"),
        ("FREQ=WEEKLY;INTERVAL=12", "every 12th week"),
        ("FREQ=WEEKLY;COUNT=10", "every week, 10 times"),
        ("FREQ=WEEKLY;COUNT=1", "every week, once"),
        ("FREQ=MONTHLY", "every month"),
        ("FREQ=MONTHLY;BYDAY=1SU", "first Sun of every month"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "last Fri of every month"),
        ("FREQ=MONTHLY;BYDAY=FR", "every Fri of every month"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,22,-1,-3", "every month on the 1st, the 22nd, the last day, the 3rd last day"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "every month on Fri that is the 13th"),
        ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=-1", "last of: every Sat, Sun of every month"),
        ("FREQ=YEARLY", "every year"),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=5", "every year in Nov on the 5th"),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", "last Mon of May every year"),
        ("FREQ=YEARLY;BYYEARDAY=100,-1", "every year on the 100th day of the year, the last day of the year"),
    ],
)
def test_rules_in_words(rule, words):
    assert said(rule) == words


@settings(max_examples=50)
@given(rules())
def test_every_rule_has_words(rule):
    assert said(rule)
