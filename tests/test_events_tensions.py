"""Levels of tension: which entries count, what a ward's level is, when it has risen, and which hotspots lie there."""

import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import TableError
from hotspots.events.tensions import (
    due_on,
    hotspots_in_risen_wards,
    states,
    tension_months,
    ward_key,
    ward_tensions,
)
from hotspots.tables import TENSE_HOTSPOTS, TENSION_MONTHS, TENSIONS, WARD_TENSIONS, check
from tests.tensions_fixtures import TODAY, log

WARDS = ("Riverside", "riverside ward", "Market", "Kiln & Bridge", "Kiln and Bridge")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St Mary's & St James ward", "ST MARYS AND ST JAMES"),
        ("St Mary’s", "st  marys"),
        ("Abbey-Wood", "Abbey Wood"),
        ("Riverside Ward", "Riverside"),
    ],
)
def test_spellings_of_one_ward(one, other):
    assert ward_key(one) == ward_key(other)


def test_names_that_are_two_wards():
    assert len({ward_key(name) for name in ("Ward", "Wardour", "Ward End", "East Ward", "Eastward", "")}) == 6


@pytest.mark.parametrize(
    ("row", "due"),
    [
        (("2024-05-01",), "2024-05-29"),
        (("2024-05-01", "W", 3, "2024-05-20"), "2024-05-20"),
        (("2024-05-01", "W", 3, "2024-06-20", "2024-05-10"), "2024-06-20"),
        (("2024-05-01", "W", 3, "2024-05-20", "2024-05-20"), "2024-06-17"),  # no later date was set
        (("2024-05-01", "W", 3, "2024-05-20", "2024-05-22"), "2024-06-19"),
        (("2024-05-01", "W", 3, None, "2024-05-10"), None),  # closed
    ],
)
def test_when_the_next_review_is_due(row, due):
    tensions = log((row + ("W", 3, None, None)[len(row) - 1 :])[:5])
    found = due_on(tensions)
    assert found.index.equals(tensions.index)
    assert found.name == "due_on"
    assert str(found.dtype) == "datetime64[us]"
    assert (found.iloc[0] == pd.Timestamp(due)) if due else pd.isna(found.iloc[0])


def test_the_usual_time_is_a_setting():
    assert due_on(log(("2024-05-01", "W", 3)), review_after_days=7).iloc[0] == pd.Timestamp("2024-05-08")
    assert states(log(("2024-05-01", "W", 3)), TODAY, review_after_days=7).iloc[0] == "overdue"


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2024-04-30", "later"),
        ("2024-05-01", "current"),
        ("2024-05-20", "current"),
        ("2024-05-21", "overdue"),
    ],
)
def test_an_entry_counts_from_its_report_to_its_review(day, state):
    found = states(log(("2024-05-01", "W", 3, "2024-05-20")), pd.Timestamp(day))
    assert found.tolist() == [state]
    assert (found.name, found.index.name, str(found.dtype)) == ("state", "tension_id", "str")


@pytest.mark.parametrize(
    ("day", "state"), [("2024-05-10", "current"), ("2024-05-11", "closed"), ("2025-01-01", "closed")]
)
def test_a_closed_entry_counts_to_the_day_of_its_closing(day, state):
    assert states(log(("2023-05-01", "W", 3, None, "2024-05-10")), pd.Timestamp(day)).tolist() == [state]


def wards_of(*rows, today=TODAY, **how):
    return ward_tensions(log(*rows), today, **how)


def test_the_level_is_the_most_tense_of_the_current_entries():
    found = wards_of(
        ("2024-05-01", "Riverside", 2),
        ("2024-05-02", "Riverside", 4),
        ("2024-05-03", "Riverside", 3),
        ("2024-03-01", "Riverside", 6),  # past its review
        ("2024-03-02", "Riverside", 5),
        ("2024-01-01", "Riverside", 6, None, "2024-05-12"),  # closed yesterday
        ("2024-05-14", "Riverside", 6),  # not yet reported
    ).loc["Riverside"]
    assert (found["level"], found["n_current"]) == (4, 3)
    assert (found["n_overdue"], found["level_overdue"], found["n"]) == (2, 6, 6)
    assert found["last_reported_on"] == pd.Timestamp("2024-05-03")


@pytest.mark.parametrize("day", ["2021-09-30", "2021-12-31"])
@pytest.mark.parametrize("ends", [("2021-09-30", None), (None, "2021-09-30")])
def test_an_entry_closed_on_a_day_counts_on_it_as_one_due_on_it_does(day, ends):
    review_on, reviewed_on = ends
    rows = [("2021-09-10", "W", 3, review_on, reviewed_on), ("2021-12-20", "W", 3)]
    found = wards_of(*rows, today=pd.Timestamp(day)).loc["W"]
    assert (found["level"], found["n_current"]) == (3, 1)
    before = pd.notna(found["level_before"])
    assert (before, found["risen"]) == ((True, False) if day == "2021-12-31" else (False, True))


def test_the_level_three_months_ago():
    found = wards_of(
        ("2024-02-13", "Riverside", 2),  # the very day counts
        ("2024-02-14", "Riverside", 6),
        ("2024-05-01", "Riverside", 3),
    ).loc["Riverside"]
    assert (found["level_before"], found["n_before"]) == (2, 1)
    assert (found["level"], found["n_current"], found["risen"]) == (3, 1, True)


@pytest.mark.parametrize(
    ("before", "now", "risen"),
    [(2, 3, True), (3, 3, False), (4, 3, False), (None, 1, True), (3, None, False), (None, None, False)],
)
def test_a_ward_has_risen_where_its_level_is_above(before, now, risen):
    rows: list[tuple[object, ...]] = [("2023-01-01", "W", 6, "2023-01-02")]
    rows += [("2024-02-01", "W", before, "2024-02-20")] if before else []
    rows += [("2024-05-01", "W", now)] if now else []
    found = wards_of(*rows).loc["W"]
    assert found["risen"] == risen
    assert pd.isna(found["level"]) == (now is None)
    assert pd.isna(found["level_before"]) == (before is None)


def test_where_level_1_is_the_worst():
    rows = [
        ("2024-02-01", "W", 3, "2024-02-20"),
        ("2024-05-01", "W", 2),
        ("2024-05-01", "W", 5),
        ("2023-05-01", "W", 4),
        ("2023-05-01", "W", 1),
    ]
    found = wards_of(*rows, level_1_is_worst=True).loc["W"]
    assert (found["level"], found["level_before"], found["risen"], found["level_overdue"]) == (2, 3, True, 1)
    found = wards_of(*rows).loc["W"]
    assert (found["level"], found["level_before"], found["risen"], found["level_overdue"]) == (5, 3, True, 4)
    assert not wards_of(*rows[:2]).loc["W", "risen"]


def test_spellings_are_one_ward_named_as_in_its_last_report():
    found = wards_of(
        ("2024-05-01", "RIVERSIDE", 2), ("2024-05-03", "Riverside ward", 3), ("2024-05-02", "Riverside", 1)
    )
    assert found.index.tolist() == ["Riverside ward"]
    assert found["n"].tolist() == [3]


def test_an_empty_log_has_no_wards():
    assert len(wards_of()) == 0
    months = tension_months(log(), pd.period_range("2024-01", "2024-03", freq="M"))
    assert len(check(TENSION_MONTHS, months)) == 0


def test_a_frame_that_is_no_log_is_refused():
    bad = log(("2024-05-01", "W", 3)).drop(columns="eep")
    with pytest.raises(TableError, match=r"TENSIONS breaks its contract: eep: column missing\."):
        ward_tensions(bad, TODAY)
    with pytest.raises(TableError, match="eep: column missing"):
        tension_months(bad, pd.period_range("2024-01", "2024-03", freq="M"))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"level": 7}, r"level: in_range\(1, 6\) \(7\)"),
        ({"level": 0}, r"level: in_range\(1, 6\) \(0\)"),
        ({"eep": "rumour"}, "eep: isin"),
        ({"reported_on": pd.NaT}, "reported_on: not_nullable"),
        ({"reported_on": pd.Timestamp("2024-05-01 12:00")}, "reported_on: dates in microseconds"),
        ({"ward": None}, "ward: not_nullable"),
        ({"source": None}, "source: not_nullable"),
        ({"summary": None}, "summary: not_nullable"),
        ({"theme": None}, "theme: not_nullable"),
    ],
)
def test_the_contract_of_the_log(change, fault):
    frame = log(("2024-05-01", "W", 3))
    for name, value in change.items():
        frame[name] = pd.Series([value], index=frame.index).astype(frame[name].dtype)
    with pytest.raises(TableError, match=fault):
        check(TENSIONS, frame)


def test_what_may_be_empty_in_the_log():
    check(TENSIONS, log(("2024-05-01", "W", 1), ("2024-05-01", "W", 6)))


entries = st.tuples(
    st.dates(dt.date(2023, 1, 1), dt.date(2024, 6, 30)),
    st.sampled_from(WARDS),
    st.integers(1, 6),
    st.none() | st.dates(dt.date(2023, 1, 1), dt.date(2024, 9, 30)),
    st.none() | st.dates(dt.date(2023, 1, 1), dt.date(2024, 5, 13)),
)


@settings(max_examples=12)
@given(st.lists(entries, max_size=12), st.randoms(use_true_random=False), st.booleans())
def test_laws_of_the_wards(rows, random, worst):
    tensions = log(*rows)
    before = tensions.copy(deep=True)
    found = check(WARD_TENSIONS, ward_tensions(tensions, TODAY, level_1_is_worst=worst))
    pd.testing.assert_frame_equal(tensions, before)
    state = states(tensions, TODAY)
    assert found["n"].sum() == (state != "later").sum()
    assert found["n_current"].sum() == (state == "current").sum()
    assert found["n_overdue"].sum() == (state == "overdue").sum()
    assert (found["level"].isna() == (found["n_current"] == 0)).all()
    assert (found["level_before"].isna() == (found["n_before"] == 0)).all()
    assert not found["risen"][found["level"].isna()].any()
    random.shuffle(rows)
    pd.testing.assert_frame_equal(ward_tensions(log(*rows), TODAY, level_1_is_worst=worst), found)
    flipped = [(day, ward, 7 - level, *rest) for day, ward, level, *rest in rows]
    mirror = ward_tensions(log(*flipped), TODAY, level_1_is_worst=not worst)
    pd.testing.assert_series_equal(7 - mirror["level"], found["level"])
    pd.testing.assert_series_equal(mirror["risen"], found["risen"])


@settings(max_examples=12)
@given(st.lists(entries, max_size=12))
def test_months_hold_every_report_and_every_month(rows):
    months = pd.period_range("2023-01", "2024-06", freq="M")
    found = check(TENSION_MONTHS, tension_months(log(*rows), months))
    wards = {ward_key(row[1]) for row in rows}
    assert len(found) == len(wards) * len(months)
    assert found["n"].sum() == len(rows)
    assert (found["level"].isna() == (found["n"] == 0)).all()
    assert found["ward"].map(ward_key).is_monotonic_increasing or len(wards) < 2
    for row in rows:
        here = found[(found["ward"].map(ward_key) == ward_key(row[1])) & (found["month"] == pd.Period(row[0], "M"))]
        assert here["level"].iloc[0] >= row[2]


def test_the_level_of_a_month_is_the_most_tense_of_its_reports():
    rows = [("2024-01-31", "W", 2), ("2024-01-01", "W", 5), ("2024-03-01", "W", 1), ("2024-04-01", "W", 6)]
    months = pd.period_range("2024-01", "2024-03", freq="M")
    found = tension_months(log(*rows), months)
    assert found["n"].tolist() == [2, 0, 1]
    assert found["level"].tolist() == [5, pd.NA, 1]
    assert found["month"].tolist() == list(months)
    assert found.index.tolist() == [1, 2, 3]
    assert tension_months(log(*rows), months, level_1_is_worst=True)["level"].tolist() == [2, pd.NA, 1]


def hotspots_of(**codes):
    index = pd.Index(list(codes), dtype="str", name="hotspot_id")
    return pd.DataFrame({"rank": range(len(codes), 0, -1), "lsoa_codes": list(codes.values())}, index=index)


def test_hotspots_on_the_ground_of_risen_wards():
    wards = wards_of(
        ("2024-05-01", "Riverside", 4),
        ("2024-05-01", "Kiln", 3),
        ("2024-02-01", "Kiln", 1, "2024-02-20"),
        ("2024-03-20", "Market", 5),
    )
    assert wards.index[wards["risen"]].tolist() == ["Kiln", "Riverside"]
    lsoas = pd.Series({"E1": "RIVERSIDE WARD", "E2": "Kiln", "E3": "Market", "E4": None, "E5": "Kiln"}, dtype="str")
    hotspots = hotspots_of(a="E1 E2", b="E3", c="E4 E9", d="E5 E2", e="")
    found = check(TENSE_HOTSPOTS, hotspots_in_risen_wards(hotspots, wards, lsoas))
    assert list(zip(found["hotspot_id"], found["ward"], found["level"], strict=True)) == [
        ("d", "Kiln", 3),
        ("a", "Kiln", 3),
        ("a", "Riverside", 4),
    ]
    assert found["level_before"].tolist() == [1, 1, pd.NA]
    assert found.index.tolist() == [1, 2, 3]


def test_no_hotspot_in_no_risen_ward():
    wards = wards_of(("2024-05-01", "Riverside", 4))
    assert len(hotspots_in_risen_wards(hotspots_of(a="E1"), wards, pd.Series({"E1": "Other"}, dtype="str"))) == 0
    assert (
        len(hotspots_in_risen_wards(hotspots_of(a="E1"), wards_of(), pd.Series({"E1": "Riverside"}, dtype="str"))) == 0
    )
    assert len(hotspots_in_risen_wards(hotspots_of(), wards, pd.Series({"E1": None}, dtype="str"))) == 0


def test_every_table_says_that_it_is_for_partners():
    from hotspots.tables import tensions  # noqa: PLC0415

    source = Path(tensions.__file__).read_text(encoding="utf-8")
    assert len(re.findall("Partner tier and above only", source)) == 5
