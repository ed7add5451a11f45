"""When an event is due for review: by its risk, and only while it is still to come."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from hotspots.errors import TableError
from hotspots.events.review import is_due, is_open, review_due_on
from hotspots.tables.events import events_table

DAYS = {"high": 14, "medium": 30, "low": 90}
TODAY = pd.Timestamp("2024-05-13").as_unit("us")


def london(text: str | None) -> Any:
    return None if text is None else pd.Timestamp(text, tz="Europe/London").as_unit("us")


def events(*rows: dict[str, Any]) -> Any:
    columns: dict[str, list[Any]] = {"event_id": [f"e{place}" for place in range(len(rows))]}
    plain = {"title": "Fair", "kind": "event", "status": "planned", "starts_at": "2024-06-01 10:00"}
    for name in {*plain, *(name for row in rows for name in row)}:
        values = [row.get(name, plain.get(name)) for row in rows]
        columns[name] = [london(value) for value in values] if name.endswith("_at") else values
    columns["reviewed_on"] = [pd.Timestamp(row["reviewed_on"]) if row.get("reviewed_on") else None for row in rows]
    return events_table(columns, epsg=27700)


@pytest.mark.parametrize(
    ("risk", "due"), [("high", "2024-05-15"), ("medium", "2024-05-31"), ("low", "2024-07-30"), (None, "2024-05-31")]
)
def test_the_higher_the_risk_the_sooner(risk, due):
    table = events({"risk": risk, "reviewed_on": "2024-05-01"})
    found = review_due_on(table, DAYS)
    assert (found["e0"], found.name, str(found.dtype)) == (pd.Timestamp(due), "review_due_on", "datetime64[us]")
    for day, wanted in ((-1, False), (0, True), (1, True)):
        today = pd.Timestamp(due) + pd.Timedelta(days=day)
        late = events({"risk": risk, "reviewed_on": "2024-05-01", "starts_at": "2025-01-01"})
        assert is_due(late, today, DAYS).tolist() == [wanted]


def test_an_event_that_was_never_reviewed_is_due_at_once():
    assert review_due_on(events({}), DAYS).isna().all()
    assert is_due(events({}), TODAY, DAYS).tolist() == [True]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"status": "proposed"}, True),
        ({"status": "live"}, True),
        ({"status": "done"}, False),
        ({"status": "cancelled"}, False),
        ({"starts_at": "2024-05-12 23:59"}, False),
        ({"starts_at": "2024-05-13 00:00"}, True),
        ({"starts_at": "2024-05-12 20:00", "ends_at": "2024-05-13 01:00"}, True),
        ({"starts_at": "2024-05-12 20:00", "ends_at": "2024-05-12 23:00"}, False),
        ({"starts_at": "2024-05-12 20:00", "dispersal_at": "2024-05-13 00:30"}, True),
        ({"starts_at": "2023-05-09 10:00", "rrule": "FREQ=WEEKLY"}, True),
        ({"starts_at": "2023-05-09 10:00", "rrule": "FREQ=WEEKLY;UNTIL=20240507"}, False),
        ({"starts_at": "2023-05-09 10:00", "rrule": "FREQ=WEEKLY;UNTIL=20240514"}, True),
        ({"starts_at": "2023-05-09 10:00", "rrule": "FREQ=WEEKLY;COUNT=3"}, False),
    ],
)
def test_what_is_over_done_or_cancelled_is_not_looked_at_again(row, wanted):
    table = events(row)
    assert is_open(table, TODAY).tolist() == [wanted]
    assert is_due(table, TODAY, DAYS).tolist() == [wanted]


def test_each_event_is_judged_by_itself_and_nothing_lent_is_changed():
    table = events({"status": "done"}, {}, {"rrule": "FREQ=DAILY;COUNT=1", "starts_at": "2024-01-01"}, {"risk": "low"})
    before = table.copy()
    assert is_due(table, TODAY, DAYS).to_dict() == {"e0": False, "e1": True, "e2": False, "e3": True}
    pd.testing.assert_frame_equal(table, before)
    assert is_due(table.iloc[:0], TODAY, DAYS).empty
    with pytest.raises(TableError, match="EVENTS breaks its contract"):
        review_due_on(table.drop(columns="risk"), DAYS)
