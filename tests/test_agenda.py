"""Spans of days and dates of events as the page says them."""

from __future__ import annotations

import pandas as pd
import pytest

from hotspots.maps import panel
from hotspots.maps.agenda import days_of, of_days, of_span, opening, whens
from hotspots.maps.content import MonthCount, Period
from hotspots.maps.page import build_page
from hotspots.maps.payload import build_payload
from hotspots.maps.signs import by_risk, kind_counts, letter_at, outline, placed, risk_counts, risk_key
from hotspots.pipeline.content import _periods
from hotspots.tables.tensions import PARTNERS
from tests import agenda_fixtures as agenda


@pytest.mark.parametrize(
    ("month", "spans"),
    [
        (
            "2021-12",
            {
                "Dec 2021": ("2021-12-01", "2021-12-31"),
                "Jan 2022": ("2022-01-01", "2022-01-31"),
                "1–7 Jan": ("2022-01-01", "2022-01-07"),
                "1–28 Jan": ("2022-01-01", "2022-01-28"),
            },
        ),
        (
            "2024-01",
            {
                "Jan 2024": ("2024-01-01", "2024-01-31"),
                "Feb 2024": ("2024-02-01", "2024-02-29"),
                "1–7 Feb": ("2024-02-01", "2024-02-07"),
                "1–28 Feb": ("2024-02-01", "2024-02-28"),
            },
        ),
    ],
)
def test_spans_are_the_month_the_next_and_its_first_seven_and_twenty_eight_days(month, spans):
    found = _periods(pd.Period(month, "M"))
    assert {one.title: (one.first, one.last) for one in found} == spans
    assert [one.title for one in found if one.opening] == [list(spans)[1]]


def test_a_recurring_event_is_drawn_once_with_all_its_dates():
    content = agenda.content()
    events = build_payload(content)["events"]
    assert [event["id"] for event in events].count("V000") == 1
    assert len(events) == agenda.EVENTS
    again = {event["id"]: event["dates"] for event in events if len(event["dates"]) > 1}
    assert len(again) == agenda.RECURRING
    assert again["V000"] == [
        [day, day] for day in pd.date_range("2021-12-01", "2022-01-26", freq="7D").strftime("%Y-%m-%d")
    ]
    assert whens(content)["V000"] == "every week; 9 dates here, the first Wed 1 Dec 2021, 09:00–11:00"
    body = build_page(content).split('id="table-events"')[1].split("</table>")[0]
    assert body.count("<tr data-i=") == agenda.EVENTS


def test_signs_are_counted_where_they_have_a_place():
    events = agenda.events()
    held = placed(events)
    assert len(held) == 55
    assert held["starts_at"].is_monotonic_increasing
    risks = risk_counts(held)
    assert [one.key for one in risks] == ["high", "medium", "low", "none"]
    assert [one.sign for one in risks] == ["high", "medium", "low", "not graded"]
    assert sum(one.n for one in risks) == sum(one.n for one in kind_counts(held)) == 55
    kinds = kind_counts(held)
    assert [one.sign for one in kinds] == sorted(one.sign for one in kinds)
    assert {one.key: one.n for one in kinds} == held["kind"].value_counts().to_dict()
    only = risk_counts(held[held["risk"] == "high"])
    assert [one.key for one in only] == ["high"]
    assert risk_counts(held.iloc[:0]) == kind_counts(held.iloc[:0]) == []
    text = build_page(agenda.content())
    for one in risks:
        assert f'data-risk="{one.key}"><svg class="event-mark risk-{one.key}"' in text
        assert f"{one.sign} · <b>{one.n}</b></span>" in text


def london(moment):
    return pd.Timestamp(moment, tz="Europe/London").as_unit("us")


def changed(**columns):
    """Return the agenda with other values of its first event, told by its own row alone."""
    table = agenda.events()
    for name, value in columns.items():
        table.loc["V000", name] = value
    return agenda.content(events=table, dates=None)


@pytest.mark.parametrize(
    ("starts", "ends", "days"),
    [
        ("2021-12-31 18:00", "2022-01-01 00:00", ("2021-12-31", "2021-12-31")),
        ("2021-12-31 18:00", "2022-01-01 00:01", ("2021-12-31", "2022-01-01")),
        ("2022-01-01 00:00", "2022-01-01 00:00", ("2022-01-01", "2022-01-01")),
        ("2022-01-01 00:00", "2022-01-03 00:00", ("2022-01-01", "2022-01-02")),
        ("2022-01-01 10:00", None, ("2022-01-01", "2022-01-01")),
    ],
)
def test_midnight_ends_the_day_before_it(starts, ends, days):
    content = changed(starts_at=london(starts), ends_at=pd.NaT if ends is None else london(ends))
    assert days_of(content)["V000"] == [days]
    event = next(one for one in build_payload(content)["events"] if one["id"] == "V000")
    assert event["dates"] == [list(days)]
    assert ("V000" in of_span(content, opening(content)).index) == (days[1] >= "2022-01-01")


def test_the_span_of_the_opening_holds_what_touches_it_and_is_not_cancelled():
    content = agenda.content(events=agenda.some_cancelled())
    span = opening(content)
    assert (span and span.title, of_days(content)) == ("Jan 2022", " of January 2022")
    held = of_span(content, span).index
    days = days_of(content)
    wanted = [key for key in content.events.index if any(last >= "2022-01-01" for _, last in days[key])]
    assert list(held) == [key for key in wanted if key not in agenda.CANCELLED]
    assert set(wanted) & set(agenda.CANCELLED)
    one = Period("a day", "2021-12-07", "2021-12-07")
    touching = [key for key in content.events.index if any(a <= one.first <= b for a, b in days[key])]
    assert list(of_span(content, one).index) == [key for key in touching if key not in agenda.CANCELLED]
    whole = agenda.content(events=agenda.some_cancelled(), periods=agenda.PERIODS[:1])
    assert (opening(whole), of_days(whole)) == (None, "")
    assert len(of_span(whole, None)) == agenda.EVENTS - 4


def test_dates_are_those_of_a_span():
    content = agenda.content()
    said = whens(content, opening(content))
    assert said["V000"] == "every week; 4 dates here, the first Wed 5 Jan 2022, 09:00–11:00"
    none = Period("none", "2022-01-06", "2022-01-06")
    assert whens(content, none)["V000"] == whens(content)["V000"]


def test_cancelled_events_have_a_row_and_no_sign():
    hotspot = agenda.content().hotspots.index[0]
    near = pd.DataFrame({"hotspot_id": hotspot, "event_id": ["V030", "V031"], "distance_m": [5.0, 7.0]})
    content = agenda.content(events=agenda.some_cancelled(), near=near)
    found = build_payload(content)
    for event in found["events"]:
        assert event["off"] == (event["id"] in agenda.CANCELLED)
        if event["off"]:
            assert event["at"] is event["shape"] is None
    ids = [event["id"] for event in found["events"]]
    [near] = [one["near"] for one in found["hotspots"] if one["near"]]
    assert [(ids[event], metres) for event, metres in near] == [("V031", 7)]
    assert len(placed(content.events)) == 51
    text = build_page(content)
    body = text.split('id="table-events"')[1].split("</table>")[0]
    assert body.count('class="off"') == body.count("<strong>cancelled</strong>") == 4
    assert "ground or route of an event" not in text
    assert "ground or route of an event" in build_page(agenda.content())
    for one in risk_counts(placed(content.events)):
        assert f"{one.sign} · <b>{one.n}</b></span>" in text


def test_the_highest_risk_comes_first():
    events = agenda.events()
    found = [risk_key(risk) for risk in by_risk(events)["risk"]]
    assert list(dict.fromkeys(found)) == ["high", "medium", "low", "none"]
    for risk, group in by_risk(events).groupby(found):
        assert list(group.index) == [key for key in events.index if risk_key(events.loc[key, "risk"]) == risk]


def test_the_crowd_is_told_and_who_answers_for_it_is_not():
    hidden = {name: f"never-{name}" for name in ("organiser", "mitigation", "owner", "reviewed_by", "licence_ref")}
    content = changed(
        **hidden,
        expected_attendance=2500,
        profile="Young families",
        dispersal_at=london("2021-12-01 22:30"),
        dispersal_place="Gridham station",
    )
    event = next(one for one in build_payload(content)["events"] if one["id"] == "V000")
    assert (event["people"], event["leave"]) == ("2,500", "22:30; Gridham station")
    assert (event["profile"], event["rule"], event["from"]) == ("Young families", "every week", "09:00")
    text = build_page(content)
    assert "Gridham station" in text
    assert "never-" not in text
    plain = next(one for one in build_payload(agenda.content())["events"] if one["id"] == "V030")
    assert plain["people"] is plain["leave"] is plain["profile"] is plain["rule"] is None


@pytest.mark.parametrize(
    ("rrule", "at", "place", "said"),
    [
        (None, "2021-12-01 22:30", None, "22:30"),
        (None, "2021-12-02 00:30", "the rank", "Thu 2 Dec 2021, 00:30; the rank"),
        ("FREQ=WEEKLY", "2021-12-02 00:30", None, "00:30"),
        (None, None, "the rank", "the rank"),
        (None, None, None, None),
    ],
)
def test_when_and_where_people_leave(rrule, at, place, said):
    content = changed(rrule=rrule, dispersal_at=pd.NaT if at is None else london(at), dispersal_place=place)
    assert next(one for one in build_payload(content)["events"] if one["id"] == "V000")["leave"] == said


def test_both_months_are_named():
    assert panel.filters(agenda.content())["both"] == "Dec 2021 and Jan 2022"
    assert panel.both_months((MonthCount("Nov 2021", 3, "2021-11"),)) == "Nov 2021 and Dec 2021"
    assert panel.both_months(()) == "both months"
    text = build_page(agenda.content())
    assert '<option value="">Dec 2021 and Jan 2022</option>' in text
    assert "all in the register" not in text


def test_every_sheet_of_a_page_with_a_log_says_for_whom_it_is():
    coded = "".join(f"\\{ord(sign):x} " for sign in PARTNERS)
    assert build_page(agenda.content()).count(coded) == 2
    assert build_page(agenda.content(tensions=None)).count(coded) == 0


def test_signs_differ_by_shape_or_line():
    outlines = {risk: outline(risk) for risk in ("low", "none", "medium", "high")}
    assert outlines["low"] == outlines["none"]
    assert len(set(outlines.values())) == 3
    assert all(path.startswith("M14 ") and path.endswith("z") for path in outlines.values())
    assert letter_at("high") > letter_at("medium") == letter_at("low") == letter_at("none")
    assert [risk_key(risk) for risk in ("low", "high", None, float("nan"), "other")] == ["low", "high", *["none"] * 3]
