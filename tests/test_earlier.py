"""What happened before: like days by hand, exact tests by scipy, few false alarms, and honest about small numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats
from shapely.geometry import Point

from hotspots.errors import TableError
from hotspots.events.earlier import earlier
from hotspots.stats.usual import false_discovery
from hotspots.tables import check
from hotspots.tables.exposure import EARLIER
from tests.exposure_fixtures import occurrences
from tests.places_fixtures import located

MONTHS = pd.period_range("2023-01", "2023-12", freq="M")
AHEAD = {"id": "A", "starts": "2024-06-07 18:00", "ends": "2024-06-07 22:00"}


def on(day, hour=18, length=4, **changes):
    """An occurrence of event A on a day in the past."""
    start = pd.Timestamp(day) + pd.Timedelta(hours=hour)
    return AHEAD | {"starts": str(start), "ends": str(start + pd.Timedelta(hours=length)), "status": "done"} | changes


def rows(*dated, known=True, until=None):
    """LOCATED rows of (day, count) or (day, count, east of the corner)."""
    days = [(day, *east) for day, count, *east in dated for _ in range(count)]
    places = [(east[0] if east else 0.0, 0.0) for _, *east in days]
    frame = located(places, lsoa="E01000001", months=[str(day)[:7] for day, *_ in days])
    if known:
        frame["occurred_on"] = pd.Series([day for day, *_ in days], index=frame.index, dtype="datetime64[us]")
    if until is not None:
        frame["occurred_until_on"] = frame["occurred_on"] + pd.Timedelta(days=until)
    return frame


def looked(incidents, *past, ahead=(AHEAD,), months=MONTHS, **changes):
    table = earlier(occurrences(*ahead), occurrences(*past), incidents, months, **changes)
    return check(EARLIER, table)


def only(table):
    assert len(table) == 1
    return table.iloc[0]


def exact(n, others, length, other_length):
    """Twice the smaller tail of the binomial, at most 1."""
    share = length / (length + other_length)
    tails = stats.binom.cdf(n, n + others, share), stats.binom.sf(n - 1, n + others, share)
    return min(1.0, 2 * min(tails))


SATURDAY = pd.Timestamp("2023-06-10")
LIKE = [str((SATURDAY + pd.Timedelta(weeks=step)).date()) for step in range(-4, 5) if step]


def test_a_day_is_compared_with_the_same_weekday_four_weeks_around():
    far = [str((SATURDAY + pd.Timedelta(weeks=step)).date()) for step in (-5, 5)]
    other = [str((SATURDAY + pd.Timedelta(days=step)).date()) for step in (-1, 1, 3)]
    counted = [(day, number) for number, day in enumerate(LIKE)]
    incidents = rows(("2023-06-10", 14), *counted, *[(day, 9) for day in (*far, *other)])
    row = only(looked(incidents, on("2023-06-10")))
    assert row[["matched_by", "n_times", "unit", "n_units", "n_compared_units"]].tolist() == ["event", 1, "days", 1, 8]
    assert row[["n", "n_compared", "expected"]].tolist() == [14, 28, 3.5]
    assert row["p"] == pytest.approx(exact(14, 28, 1, 8))
    assert row["p_adjusted"] == pytest.approx(row["p"])
    assert row["told"] == "more"
    assert row["title"] == "Fair"


def test_fewer_is_told_too_and_what_is_within_chance():
    many = [(day, 12) for day in LIKE]
    assert only(looked(rows(*many), on("2023-06-10")))["told"] == "fewer"
    assert only(looked(rows(*many, ("2023-06-10", 12)), on("2023-06-10")))["told"] == "usual"


def test_only_what_lies_within_reach_counts():
    incidents = rows(("2023-06-10", 5, 400.0), ("2023-06-10", 7, 401.0), *[(day, 1, 0.0) for day in LIKE])
    assert only(looked(incidents, on("2023-06-10")))["n"] == 5
    assert only(looked(incidents, on("2023-06-10"), reach_m=401.0))["n"] == 12
    assert only(looked(incidents, on("2023-06-10"), reach_m=100.0))["n"] == 0


def test_days_of_the_event_and_months_not_held_are_not_compared_with():
    past = [on("2023-06-10"), on("2023-06-17"), on("2023-06-24")]
    row = only(looked(rows(("2023-06-10", 3), ("2023-06-17", 4), ("2023-07-01", 5), ("2023-07-22", 6)), *past))
    # Five to ten weeks around, less the three themselves: 13 May to 3 June and 1 to 22 July.
    assert row[["n_times", "n_units", "n_compared_units", "n", "n_compared"]].tolist() == [3, 3, 8, 7, 11]
    held = MONTHS[[5]]
    row = only(looked(rows(("2023-06-10", 3), ("2023-07-01", 5), ("2023-06-03", 2)), *past, months=held))
    assert row[["n_units", "n_compared_units", "n", "n_compared"]].tolist() == [3, 1, 3, 2]


def test_a_date_outside_the_files_is_none():
    row = only(looked(rows(("2023-06-10", 20)), on("2023-06-10"), on("2021-06-12")))
    assert row[["n_times", "n_units"]].tolist() == [1, 1]
    row = only(looked(rows(("2023-06-10", 20)), on("2021-06-12")))
    assert row[["n_times", "n_units", "n_compared_units", "n", "told"]].tolist() == [0, 0, 0, 0, "not compared"]


def test_a_weekly_market_has_nothing_to_be_compared_with():
    market = [on(day) for day in pd.date_range("2023-01-07", "2023-12-30", freq="7D").strftime("%Y-%m-%d")]
    row = only(looked(rows(("2023-06-10", 30), ("2023-06-11", 1)), *market))
    assert row[["told", "n_times", "n_units", "n_compared_units", "n"]].tolist() == ["not compared", 52, 52, 0, 30]
    assert row[["expected", "p", "p_adjusted"]].isna().all()


def test_every_weekday_stands_against_as_many_of_its_own():
    # Friday and Saturday of one week, the Saturday of the next but one too.
    past = [on("2023-06-09"), on("2023-06-10"), on("2023-06-24")]
    row = only(looked(rows(("2023-06-09", 1)), *past))
    # Saturdays: 9 others for 2 days, so 4 for each; Fridays: 8 for 1, of which the nearest 4.
    assert row[["n_units", "n_compared_units"]].tolist() == [3, 12]
    fridays = [str((pd.Timestamp("2023-06-09") + pd.Timedelta(weeks=step)).date()) for step in (-3, -2, -1, 1, 2, 3)]
    far, near = rows((fridays[0], 2), (fridays[-1], 2)), rows(*[(day, 1) for day in fridays[1:-1]])
    assert only(looked(far, *past))["n_compared"] == 0
    assert only(looked(near, *past))["n_compared"] == 4
    # Of the Saturdays 13 and 20 May, 3 and 17 June, 1, 8, 15 and 22 July, and 27 May, the farthest is left out.
    saturdays = [f"2023-{day}" for day in ("05-20", "05-27", "06-03", "06-17", "07-01", "07-08", "07-15", "05-13")]
    assert only(looked(rows(*[(day, 1) for day in saturdays]), *past))["n_compared"] == 8
    assert only(looked(rows(("2023-07-22", 1)), *past))["n_compared"] == 0


def test_a_weekday_without_enough_like_days_is_left_out():
    # Every Friday of the held months, and one Saturday.
    fridays = [on(day) for day in pd.date_range("2023-05-05", "2023-07-28", freq="7D").strftime("%Y-%m-%d")]
    held = MONTHS[4:7]
    row = only(looked(rows(("2023-06-10", 2), ("2023-06-09", 9)), *fridays, on("2023-06-10"), months=held))
    assert row[["n_units", "n_compared_units", "n"]].tolist() == [1, 8, 2]


def test_where_no_weekday_has_enough_the_one_with_most_is_compared():
    # In June all Fridays but one and all Saturdays but one: of equals the one with more days of its own.
    days = ["06-02", "06-09", "06-16", "06-23", "06-03", "06-10", "06-17"]
    row = only(
        looked(rows(("2023-06-10", 2), ("2023-06-24", 5)), *[on(f"2023-{day}") for day in days], months=MONTHS[[5]])
    )
    assert row[["n_units", "n_compared_units", "n", "n_compared"]].tolist() == [4, 1, 0, 0]
    days = ["06-02", "06-09", "06-16", "06-03", "06-10", "06-17", "07-01"]
    row = only(
        looked(rows(("2023-06-10", 2), ("2023-06-24", 5)), *[on(f"2023-{day}") for day in days], months=MONTHS[[5]])
    )
    assert row[["n_units", "n_compared_units", "n", "n_compared"]].tolist() == [3, 2, 0, 0]


def test_an_event_over_midnight_is_on_both_days_and_one_that_ends_at_midnight_on_one():
    incidents = rows(("2023-06-10", 3), ("2023-06-11", 4))
    assert only(looked(incidents, on("2023-06-10", length=8)))[["n_units", "n"]].tolist() == [2, 7]
    assert only(looked(incidents, on("2023-06-10", length=6)))[["n_units", "n"]].tolist() == [1, 3]
    assert only(looked(incidents, on("2023-06-10", ends=None)))[["n_units", "n"]].tolist() == [1, 3]
    spoken = on("2023-06-10", ends=None, dispersal="2023-06-11 00:10:00")
    assert only(looked(incidents, spoken))[["n_units", "n"]].tolist() == [2, 7]


def test_a_day_is_that_of_the_local_clock():
    # 00:30 on the 10th in London is the 9th in UTC.
    assert only(looked(rows(("2023-06-10", 3), ("2023-06-09", 4)), on("2023-06-10", hour=0.5)))["n"] == 3


def test_an_incident_whose_range_runs_over_days_is_on_none():
    known = rows(("2023-06-10", 6), *[(day, 1) for day in LIKE])
    spread = known.copy()
    spread.loc[spread.index[:4], "occurred_until_on"] = pd.Timestamp("2023-06-11")
    same = known.assign(occurred_until_on=known["occurred_on"])
    assert [only(looked(one, on("2023-06-10")))["n"] for one in (known, spread, same)] == [6, 2, 6]


def test_where_only_months_are_known_months_are_compared_by_their_days():
    counts = {"2023-04": 3, "2023-05": 5, "2023-06": 40, "2023-07": 7, "2023-08": 11, "2023-03": 90, "2023-09": 90}
    incidents = rows(*[(f"{month}-01", count) for month, count in counts.items()], known=False)
    row = only(looked(incidents, on("2023-06-10"), on("2023-06-24")))
    assert row[["unit", "n_times", "n_units", "n_compared_units", "n"]].tolist() == ["months", 2, 1, 4, 40]
    assert row["n_compared"] == 3 + 5 + 7 + 11
    assert row["expected"] == pytest.approx(26 * 30 / (30 + 31 + 31 + 31))
    assert row["p"] == pytest.approx(exact(40, 26, 30, 123))
    assert row["told"] == "more"
    held = MONTHS[[5, 6]]
    row = only(looked(incidents, on("2023-06-10"), on("2023-08-12"), months=held))
    assert row[["n_times", "n_units", "n_compared_units", "n", "n_compared"]].tolist() == [1, 1, 1, 40, 7]


def test_an_event_over_the_turn_of_the_month_is_in_both_months():
    row = only(looked(rows(("2023-06-01", 5), ("2023-07-01", 6), known=False), on("2023-06-30", length=20)))
    assert row[["n_units", "n", "n_compared_units"]].tolist() == [2, 11, 4]


def test_days_are_compared_where_half_of_the_incidents_have_one():
    incidents = rows(("2023-06-10", 4))
    incidents.loc[incidents.index[:2], "occurred_on"] = pd.NaT
    assert only(looked(incidents, on("2023-06-10")))[["unit", "n"]].tolist() == ["days", 2]
    incidents.loc[incidents.index[:3], "occurred_on"] = pd.NaT
    assert only(looked(incidents, on("2023-06-10")))[["unit", "n"]].tolist() == ["months", 4]


def test_an_event_of_its_own_past_is_matched_by_itself_and_others_by_kind_and_place():
    like = {"id": "X", "title": "Old fair"}
    row = only(looked(rows(("2023-06-10", 4)), on("2023-06-10", **like)))
    assert row[["matched_by", "title", "n"]].tolist() == ["kind and place", "Fair", 4]
    assert only(looked(rows(("2023-06-10", 4)), on("2023-06-10", **like, at=(50.0, 0.0))))["n"] == 4
    assert looked(rows(("2023-06-10", 4)), on("2023-06-10", **like, at=(51.0, 0.0))).empty
    assert looked(rows(("2023-06-10", 4)), on("2023-06-10", **like, kind="market")).empty
    both = looked(rows(("2023-06-10", 4), ("2023-05-20", 3)), on("2023-06-10", **like), on("2023-05-20"))
    assert only(both)[["matched_by", "n_times", "n"]].tolist() == ["event", 1, 3]
    several = looked(rows(("2023-06-10", 4)), on("2023-06-10", **like), on("2023-06-17", **like | {"id": "Y"}))
    assert only(several)["n_times"] == 2


@pytest.mark.parametrize("status", ["proposed", "cancelled"])
def test_what_was_only_proposed_was_not_held(status):
    assert looked(rows(("2023-06-10", 4)), on("2023-06-10", status=status)).empty


def test_without_a_place_nothing_is_matched():
    assert looked(rows(("2023-06-10", 4)), on("2023-06-10"), ahead=[AHEAD | {"at": None}]).empty
    assert looked(rows(("2023-06-10", 4)), on("2023-06-10", at=None)).empty
    assert looked(rows(("2023-06-10", 4)), on("2023-06-10", at=Point())).empty


def test_a_recurring_event_ahead_is_one():
    ahead = [AHEAD, AHEAD | {"starts": "2024-06-14 18:00", "ends": "2024-06-14 22:00"}]
    assert only(looked(rows(("2023-06-10", 4)), on("2023-06-10"), ahead=ahead))["n"] == 4


def test_too_few_are_too_few_and_only_the_others_are_corrected_for():
    # One day against eight: two incidents, both on the day, have a two-sided p of 2/81; one has 2/9.
    spots = {"A": 0.0, "B": 2000.0, "C": 4000.0, "D": 6000.0}
    ahead = [AHEAD | {"id": name, "at": (east, 0.0)} for name, east in spots.items()]
    past = [on("2023-06-10", id=name, at=(east, 0.0)) for name, east in spots.items()]
    counts = {"A": (2, 0), "B": (1, 0), "C": (4, 3), "D": (0, 0)}
    incidents = rows(
        *[(day, n[k], spots[name]) for name, n in counts.items() for k, day in enumerate(["2023-06-10", "2023-06-17"])]
    )
    table = looked(incidents, *past, ahead=ahead)
    assert table["told"].tolist() == ["more", "too few", "more", "too few"]
    assert table["p"].tolist() == pytest.approx([2 / 81, 2 / 9, exact(4, 3, 1, 8), 1.0])
    wanted = false_discovery(table["p"].to_numpy()[[0, 2]])[0]
    assert table["p_adjusted"].tolist() == pytest.approx([wanted[0], np.nan, wanted[1], np.nan], nan_ok=True)
    assert table["expected"].tolist() == pytest.approx([0.0, 0.0, 3 / 8, 0.0])


def test_the_correction_decides():
    spots = [2000.0 * number for number in range(12)]
    ahead = [AHEAD | {"id": f"A{number:02d}", "at": (east, 0.0)} for number, east in enumerate(spots)]
    past = [on("2023-06-10", id=f"A{number:02d}", at=(east, 0.0)) for number, east in enumerate(spots)]
    incidents = rows(*[(day, 2, east) for east in spots[1:] for day in ("2023-06-10", *LIKE)], ("2023-06-10", 2, 0.0))
    table = looked(incidents, *past, ahead=ahead)
    assert table["p"].iloc[0] < 0.05 < table["p_adjusted"].iloc[0]
    assert set(table["told"]) == {"usual"}


def test_where_nothing_happened_few_are_told_to_have_had_more():
    random = np.random.default_rng(4)
    spots = [2000.0 * number for number in range(40)]
    days = pd.date_range("2023-05-01", "2023-07-31").strftime("%Y-%m-%d")
    ahead = [AHEAD | {"id": f"A{number:02d}", "at": (east, 0.0)} for number, east in enumerate(spots)]
    past = [on("2023-06-10", id=f"A{number:02d}", at=(east, 0.0)) for number, east in enumerate(spots)]
    incidents = rows(*[(day, random.poisson(2.0), east) for east in spots for day in days[5::7]])
    table = looked(incidents, *past, ahead=ahead)
    assert table["told"].isin(["usual", "too few"]).all()
    assert (table["p"] <= 0.05).mean() <= 0.1


@settings(max_examples=5)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_incidents_changes_nothing(random):
    incidents = rows(("2023-06-10", 9, 10.0), ("2023-06-10", 3, 900.0), *[(day, 2, 30.0) for day in LIKE])
    order = list(range(len(incidents)))
    random.shuffle(order)
    turned = incidents.iloc[order].set_axis(incidents.index)
    past = [on("2023-06-10"), on("2023-05-06", id="B", at=(900.0, 0.0))]
    ahead = [AHEAD, AHEAD | {"id": "B", "at": (900.0, 0.0)}]
    assert_frame_equal(looked(incidents, *past, ahead=ahead), looked(turned, *past, ahead=ahead))


def test_nothing_lent_is_changed_and_nothing_given_is_nothing():
    lent = occurrences(AHEAD), occurrences(on("2023-06-10")), rows(("2023-06-10", 4))
    copies = [frame.copy(deep=True) for frame in lent]
    earlier(*lent, MONTHS)
    for frame, copy in zip(lent, copies, strict=True):
        assert_frame_equal(frame, copy)
    none = occurrences()
    for ahead, past in ((none, lent[1]), (lent[0], none), (none, none)):
        assert check(EARLIER, earlier(ahead, past, lent[2], MONTHS)).empty
    assert only(earlier(*lent[:2], rows(), MONTHS))["told"] == "too few"
    assert only(earlier(*lent, MONTHS[:0]))["told"] == "not compared"


def test_another_crs_is_refused():
    with pytest.raises(TableError, match=r"OCCURRENCES: the frame is in EPSG:4326, expected EPSG:27700\."):
        earlier(occurrences(AHEAD), occurrences({"at": Point(0, 51)}, crs=4326), rows(("2023-06-10", 1)), MONTHS)
    with pytest.raises(TableError, match=r"OCCURRENCES: the frame is in EPSG:4326"):
        earlier(occurrences({"at": Point(0, 51)}, crs=4326), occurrences(AHEAD), rows(("2023-06-10", 1)), MONTHS)
    with pytest.raises(TableError, match=r"LOCATED breaks its contract: month: column missing"):
        earlier(occurrences(AHEAD), occurrences(AHEAD), rows(("2023-06-10", 1)).drop(columns="month"), MONTHS)
