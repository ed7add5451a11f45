"""Spans of days and dates of events as the page says them."""

from __future__ import annotations

import pandas as pd
import pytest

from hotspots.maps.agenda import whens
from hotspots.maps.page import build_page
from hotspots.maps.payload import build_payload
from hotspots.maps.signs import kind_counts, letter_at, outline, placed, risk_counts, risk_key
from hotspots.pipeline.content import _periods
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


def test_signs_differ_by_shape_or_line():
    outlines = {risk: outline(risk) for risk in ("low", "none", "medium", "high")}
    assert outlines["low"] == outlines["none"]
    assert len(set(outlines.values())) == 3
    assert all(path.startswith("M14 ") and path.endswith("z") for path in outlines.values())
    assert letter_at("high") > letter_at("medium") == letter_at("low") == letter_at("none")
    assert [risk_key(risk) for risk in ("low", "high", None, float("nan"), "other")] == ["low", "high", *["none"] * 3]
