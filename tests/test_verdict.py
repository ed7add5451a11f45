"""The verdict of a backtest: by hand, against plain sums, and that no choice knows what it is tested on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.analysis.scoring import Ranked, mean_intervals, scores
from hotspots.analysis.verdict import AUTO, Paired, choose, nested, paired, sentence, summary
from hotspots.errors import TableError
from hotspots.tables.backtest import BACKTEST
from hotspots.tables.contract import check

if TYPE_CHECKING:
    from collections.abc import Callable

BEST = 20.0


def backtest(n_test=100, first="2020-11", shares=(0.02,), step=1, **pai):
    """A backtest of methods with these PAI at 2 % of the area; at other shares they are in the same ratio."""
    long = max(len(values) for values in pai.values())
    origins = pd.period_range(first, periods=long * step, freq="M").astype(str)[::step]
    counts = np.broadcast_to(n_test, long)
    rows = [
        {
            "method": method,
            "origin": origin,
            "share_of_area": share,
            "hit_rate": value * share if n else math.nan,
            "pai": value * share / 0.02 if n else math.nan,
            "pei": value / BEST if n else math.nan,
            "rri": math.nan,
            "hit_rate_worst": value * share / 2 if n else math.nan,
            "pai_worst": value / 2 if n else math.nan,
            "hits": value * share * n,
            "n_test": n,
            "filled_share": 0.25,
        }
        for method, values in pai.items()
        for origin, value, n in zip(origins, values, counts, strict=False)
        for share in shares
    ]
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="score_no"))


def row(found, method, share=0.02):
    return found.loc[(method, share)]


def shuffled(frame, seed=1):
    return frame.sample(frac=1, random_state=seed).set_axis(frame.index)


# The contract


def test_what_scores_returns_fits_the_contract():
    order = Ranked(np.array([2.0, 1.0]), np.array([1.0, 3.0]), np.array([3, 1]))
    empty = Ranked(order.score, order.area_m2, np.array([0, 0]))
    parts = [
        scores(each).reset_index().assign(method="count", origin=origin, filled_share=0.0)
        for each, origin in ((order, "2020-01"), (empty, "2020-02"))
    ]
    frame = pd.concat(parts, ignore_index=True).rename_axis("score_no")
    check(BACKTEST, frame[list(BACKTEST.columns)])
    assert summary(frame)["empty"].tolist() == [1] * 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"origin": "2020-13"}, "origin: str_matches"),
        ({"origin": "2020-1"}, "origin: str_matches"),
        ({"origin": "x2020-01"}, "origin: str_matches"),
        ({"origin": "2020-01-31"}, "origin: str_matches"),
        ({"share_of_area": 0.0}, "share_of_area: greater_than"),
        ({"share_of_area": 1.5}, "share_of_area: less_than"),
        ({"hit_rate": 1.01}, "hit_rate: less_than"),
        ({"pei": 1.01}, "pei: less_than"),
        ({"hit_rate_worst": -0.1}, "hit_rate_worst: greater_than"),
        ({"filled_share": np.nan}, "filled_share: not_nullable"),
        ({"hits": -1.0}, "hits: greater_than"),
        ({"n_test": -1}, "n_test: greater_than"),
        ({"pai": -1.0}, "pai: greater_than"),
        ({"pai_worst": -1.0}, "pai_worst: greater_than"),
        ({"rri": np.inf}, "rri: finite"),
        ({"extra": 1}, "extra: unknown column"),
    ],
)
def test_the_contract_bites(change, said):
    frame = backtest(count=[1.0])
    check(BACKTEST, frame)
    with pytest.raises(TableError, match=said):
        summary(frame.assign(**change))


def test_a_method_is_scored_once_at_an_origin_and_share():
    frame = backtest(count=[1.0, 2.0])
    with pytest.raises(TableError, match="multiple_fields_uniqueness"):
        paired(frame.assign(origin="2020-01"), "count", "count")


def test_the_methods_of_one_origin_are_scored_on_the_same_incidents():
    frame = backtest(count=[1.0, 2.0], kde=[1.0, 2.0])
    frame.loc[4, "n_test"] = 99
    with pytest.raises(TableError, match="scored on different numbers of incidents"):
        paired(frame, "count", "kde")


# Summary


def test_a_summary_by_hand():
    frame = backtest(n_test=[10, 30, 0, 20], shares=(0.02, 0.04), kde=[0, 6, 9, 1], count=[4, 8, 9, 3])
    found = summary(shuffled(frame))
    assert found.index.names == ["method", "share_of_area"]
    assert found.index.tolist() == [("count", 0.02), ("count", 0.04), ("kde", 0.02), ("kde", 0.04)]
    kde = row(found, "kde")
    assert kde[["origins", "empty", "n_test", "above_chance"]].tolist() == [3, 1, 60, 1]
    assert kde["pai"] == pytest.approx(7 / 3)
    assert kde["hit_rate"] == pytest.approx(0.02 * 7 / 3)
    assert kde["pei"] == pytest.approx(7 / 3 / BEST)
    assert kde["pai_worst"] == pytest.approx(7 / 6)
    assert kde["filled_share"] == 0.25
    # Of the origins at which anything was hit; the one of 30 incidents weighs more among all incidents.
    assert kde["best_pai"] == pytest.approx(BEST)
    assert kde["pooled_pai"] == pytest.approx((0 * 10 + 6 * 30 + 1 * 20) / 60)
    assert found["pooled_pai"]["kde", 0.04] == pytest.approx(200 / 60)
    assert found["pai"]["count", 0.04] == pytest.approx(10)
    assert found[["origins", "empty", "n_test", "above_chance"]].dtypes.tolist() == [np.int64] * 4
    assert found["above_chance"].tolist() == [3, 3, 1, 2]


def test_the_intervals_of_a_summary_are_those_of_the_means_in_the_order_of_time():
    values = np.array([3.0, 5, 9, 8, 7, 4, 2, 3, 6, 9, 9, 8])
    frame = shuffled(backtest(count=values))
    for horizon in (1, 3):
        found = row(summary(frame, horizon), "count")
        low, high = mean_intervals(values[:, None], horizon)[:, 0]
        assert found[["pai_low", "pai_high"]].tolist() == pytest.approx([low, high])
        assert found[["hit_rate_low", "hit_rate_high"]].tolist() == pytest.approx([0.02 * low, 0.02 * high])
        assert found[["pei_low", "pei_high"]].tolist() == pytest.approx([low / BEST, high / BEST])
    pd.testing.assert_frame_equal(summary(frame), summary(frame, 1))
    spaced = row(summary(backtest(count=values, step=3), 3), "count")
    assert spaced["pai_low"] == pytest.approx(mean_intervals(values[:, None])[0, 0])


def test_intervals_stay_within_what_is_possible():
    found = summary(backtest(count=[0.0, 0, 0, 50], kde=[50.0, 50, 0, 50]).assign(pei=lambda rows: rows["pai"] / 50))
    low, high = row(found, "count"), row(found, "kde")
    assert low[["hit_rate_low", "pai_low", "pei_low"]].tolist() == [0, 0, 0]
    assert high[["hit_rate_high", "pai_high", "pei_high"]].tolist() == [1, 50, 1]


def test_a_method_without_any_test_incident_has_no_means():
    found = row(summary(backtest(n_test=0, count=[1.0, 2.0])), "count")
    assert found[["origins", "empty", "n_test", "above_chance"]].tolist() == [0, 2, 0, 0]
    assert found.drop(["origins", "empty", "n_test", "above_chance"]).isna().all()


# Two methods


def test_two_methods_by_hand():
    frame = backtest(n_test=[10, 20, 0, 30, 40, 50], decay=[5, 3, 9, 4, 8, 2], count=[4, 3 + 1e-12, 1, 6, 2, 1])
    found = paired(shuffled(frame), "decay", "count")
    assert (found.wins, found.losses, found.ties, found.n, found.windows) == (3, 1, 1, 5, 5)
    assert found.incidents == 150
    assert found.sign_p == pytest.approx(2 * (1 + 4) / 16)
    assert found.mean_difference == pytest.approx((1 + 0 - 2 + 6 + 1) / 5)
    assert found.ratio == pytest.approx(22 / 16)
    low, high = mean_intervals(np.array([[1.0], [0], [-2], [6], [1]]))[:, 0]
    assert (found.low, found.high) == pytest.approx((low, high))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=6, max_size=14), st.integers(1, 3))
def test_the_other_way_round_is_the_opposite(values, horizon):
    first, second = zip(*values, strict=True)
    frame = backtest(decay=first, count=second)
    one, other = paired(frame, "decay", "count", 0.02, horizon), paired(frame, "count", "decay", 0.02, horizon)
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert one.wins + one.losses + one.ties == one.n == len(values)
    assert one.sign_p == other.sign_p
    untied = one.wins + one.losses
    tail = sum(math.comb(untied, won) for won in range(min(one.wins, one.losses) + 1)) / 2**untied
    assert one.sign_p == pytest.approx(min(1, 2 * tail))
    assert one.mean_difference == pytest.approx(-other.mean_difference)
    assert one.low <= one.mean_difference <= one.high
    if sum(first) and sum(second):
        assert one.ratio == pytest.approx(1 / other.ratio)


def test_only_origins_at_which_both_are_scored_count():
    frame = backtest(count=[4, 3, 2, 1], auto=[9, 4])
    found = paired(frame, "auto", "count")
    assert (found.n, found.mean_difference, found.incidents) == (2, 3, 200)


def test_a_method_against_itself_is_level():
    found = paired(backtest(count=range(6)), "count", "count")
    assert (found.ties, found.sign_p, found.low, found.high, found.ratio) == (6, 1, 0, 0, 1)
    assert found.verdict == "level"


def test_without_hits_of_the_other_there_is_no_ratio_and_without_origins_nothing():
    assert math.isnan(paired(backtest(count=[1, 2], kde=[0, 0]), "count", "kde").ratio)
    nothing = paired(backtest(n_test=0, count=[1, 2], kde=[2, 2]), "count", "kde")
    assert (nothing.n, nothing.windows, nothing.incidents, nothing.sign_p) == (0, 0, 0, 1)
    assert np.isnan([nothing.mean_difference, nothing.low, nothing.high, nothing.ratio]).all()
    assert nothing.verdict == "few incidents"


def test_overlapping_tests_are_worth_fewer_windows_and_incidents():
    frame = backtest(n_test=30, count=range(14), kde=range(1, 15))
    found = paired(frame, "count", "kde", horizon_months=3)
    assert (found.n, found.windows, found.incidents) == (14, 4, 140)


def test_another_share():
    frame = backtest(shares=(0.02, 0.1 + 0.2), count=[0.1, 0.2], kde=[0.2, 0.4])
    assert paired(frame, "kde", "count", 0.3).mean_difference == pytest.approx(0.15 * 15)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "better"),
        ({"low": 0.0}, "level"),
        ({"low": -2.0, "high": 0.0}, "level"),
        ({"low": -2.0, "high": -0.1}, "worse"),
        ({"windows": 5}, "few windows"),
        ({"incidents": 19.9}, "few incidents"),
        ({"incidents": 19.9, "windows": 5}, "few incidents"),
    ],
)
def test_the_verdict_is_the_intervals_where_there_is_enough(change, verdict):
    fields = {"wins": 5, "losses": 1, "ties": 0, "n": 6, "windows": 6, "incidents": 20.0, "sign_p": 0.2}
    numbers = {"mean_difference": 1.0, "low": 0.1, "high": 2.0, "ratio": 1.2}
    assert Paired(**{**fields, **numbers, **change}).verdict == verdict


# The choice

NOISE = np.array([0.3, -0.2, 0.4, -0.5, 0.1, -0.1, 0.2, -0.2])


def test_the_best_is_chosen_where_it_is_beyond_the_simpler_ones():
    frame = backtest(count=8 + NOISE, decay=10 - NOISE, kde=7 + NOISE)
    found = choose(shuffled(frame), ["count", "decay", "kde"])
    against = paired(frame, "decay", "count")
    assert (found.method, found.runner_up) == ("decay", "count")
    assert (found.margin, found.margin_low, found.margin_high) == (against.mean_difference, against.low, against.high)
    assert found.reason == (
        "decay scores best: mean PAI at 2 % of the area 10.00, count 8.00 (95 % interval of the difference "
        f"{against.low:.2f} to {against.high:.2f})."
    )


def test_the_simplest_that_cannot_be_told_from_the_best_is_chosen():
    frame = backtest(worst=4 + NOISE, count=9 + 2 * NOISE, other=9.05 + NOISE, decay=9.1 - NOISE)
    found = choose(frame, ["worst", "count", "other", "decay"])
    assert (found.method, found.runner_up) == ("count", "decay")
    assert found.margin == pytest.approx(-0.1)
    assert found.margin_low < 0 < found.margin_high
    assert found.reason.startswith(
        "count is the simplest method that cannot be told from the best: mean PAI at 2 % of the area 9.00, decay 9.10 (95 %"
    )
    assert choose(frame, ["other", "count", "decay", "worst"]).method == "other"
    assert choose(frame, ["decay", "other", "count"]).method == "decay"
    assert choose(frame, ["decay", "other", "count"]).reason.startswith("decay scores best: ")


def test_of_equals_the_simpler_is_the_best():
    frame = backtest(kde=8 + NOISE, count=8 + NOISE + 1e-12, far=[1] * 8)
    assert choose(frame, ["count", "kde", "far"]).runner_up == "kde"
    assert choose(frame, ["far", "kde", "count"]).method == "kde"
    assert choose(frame, ["kde", "far", "count"]).reason.startswith("kde scores best")


def test_with_too_little_to_tell_the_simplest_is_kept():
    far = {"count": [1.0] * 5, "decay": [9.0] * 5}
    few = choose(backtest(**far), ["count", "decay"])
    assert (few.method, few.runner_up, few.margin) == ("count", "decay", -8)
    assert few.reason == "count is the simplest method, and 5 held-out months are too few to choose another."
    assert choose(backtest(**far), ["decay", "count"]).reason.startswith("decay is the simplest method")
    longer = {"count": [1.0] * 6, "decay": [9.0] * 6}
    assert choose(backtest(**longer), ["count", "decay"]).method == "decay"
    rare = choose(backtest(n_test=3, **longer), ["count", "decay"])
    assert rare.method == "count"
    assert rare.reason == (
        "count is the simplest method, and the incidents of the held-out months number only 18, too few to choose another."
    )
    overlapping = choose(backtest(**longer), ["count", "decay"], horizon_months=3)
    assert overlapping.reason == (
        "count is the simplest method, and 6 overlapping held-out periods of 3 months are too few to choose another."
    )
    none = choose(backtest(n_test=0, **far), ["decay", "count"])
    assert (none.method, none.runner_up) == ("decay", "count")
    assert math.isnan(none.margin)


def test_one_method_alone_is_chosen():
    found = choose(backtest(count=[3, 4], kde=[5, 6]), ["count"])
    assert (found.method, found.runner_up, found.reason) == ("count", None, "count is the only method tried.")
    assert np.isnan([found.margin, found.margin_low, found.margin_high]).all()


def test_methods_that_are_not_named_are_not_chosen():
    frame = backtest(count=8 + NOISE, kde=6 + NOISE, oracle=18 - NOISE)
    assert choose(frame, ["kde", "count"]).runner_up == "kde"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda frame: choose(frame, []), "name the methods to choose among"),
        (lambda frame: choose(frame, ["count", "count"]), "each once"),
        (lambda frame: choose(frame, ["count", "lost"]), "the backtest has no method called 'lost'"),
        (lambda frame: choose(frame, ["count", "short"]), "must be scored at the same origins"),
        (lambda frame: nested(frame, ["count", "short"]), "must be scored at the same origins"),
        (lambda frame: choose(frame, ["count"], 0.05), "no score at a share of 0.05 of the area"),
        (lambda frame: paired(frame, "count", "lost"), "the backtest has no method called 'lost'"),
        (lambda frame: paired(frame, "lost", "count"), "the backtest has no method called 'lost'"),
        (lambda frame: paired(frame, "count", "count", 0.020001), "no score at a share of 0.020001"),
        (lambda frame: paired(frame, "count", "short", 0.02, 0), "a horizon is at least one month"),
        (lambda frame: summary(frame, 0), "a horizon is at least one month"),
        (lambda frame: sentence(frame, "lost", None, "Bexley"), "the backtest has no method called 'lost'"),
        (lambda frame: sentence(frame, "count", "lost", "Bexley"), "the backtest has no method called 'lost'"),
    ],
)
def test_what_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call(backtest(count=[1, 2, 3], short=[1, 2]))


# The choosing itself, tested

TURN = {"count": [9.0] * 8 + [2.0] * 8, "kde": [5.0] * 8 + [6.0] * 8}


def test_at_each_origin_the_choice_of_the_origins_before():
    frame = backtest(shares=(0.02, 0.05), **TURN)
    for horizon, least in ((1, 6), (2, 9)):
        found = nested(shuffled(frame), ["kde", "count"], horizon_months=horizon, least=least)
        origins = sorted(frame["origin"].unique())
        first = least + horizon - 1
        assert found["origin"].tolist() == [origin for origin in origins[first:] for _ in range(2)]
        for position, origin in enumerate(origins[first:], first):
            before = frame[frame["origin"].isin(origins[: position - horizon + 1])]
            by = choose(before, ["kde", "count"], horizon_months=horizon).method
            rows = found[found["origin"] == origin]
            assert rows["chosen"].tolist() == [by, by]
            assert rows["share_of_area"].tolist() == [0.02, 0.05]
            there = frame[(frame["origin"] == origin) & (frame["method"] == by)]
            assert rows["pai"].tolist() == there["pai"].tolist()
    assert set(nested(frame, ["kde", "count"])["chosen"]) == {"count", "kde"}


def test_what_is_made_joins_the_backtest():
    frame = backtest(shares=(0.02, 0.05), **TURN)
    found = nested(frame, ["count", "kde"])
    assert set(found["method"]) == {AUTO}
    assert found.index.tolist() == list(range(65, 65 + 20))
    assert found.index.name == "score_no"
    both = pd.concat([frame, found.drop(columns="chosen")])
    check(BACKTEST, both)
    assert paired(both, AUTO, "count").n == 10


def test_with_too_few_origins_before_nothing_is_made():
    frame = backtest(count=range(6), kde=range(6))
    found = nested(frame, ["count", "kde"])
    assert len(found) == 0
    assert found.columns.tolist() == [*frame.columns, "chosen"]
    check(BACKTEST, pd.concat([frame, found.drop(columns="chosen").astype(frame.dtypes)]))
    # An origin without incidents is none to choose by, but one to be scored at.
    sparse = backtest(n_test=[9, 0, 9, 9, 9, 9, 9, 9, 0], count=range(9), kde=range(9))
    assert nested(sparse, ["count", "kde"])["origin"].tolist() == ["2021-06", "2021-07"]
    later = sorted(frame["origin"].unique())[1:]
    assert [nested(frame, ["count", "kde"], least=least)["origin"].tolist() for least in (0, 1)] == [later, later]


SOME = st.lists(st.integers(0, 9), min_size=11, max_size=11)


@settings(max_examples=12, deadline=None)
@given(SOME, SOME, SOME, SOME, st.integers(7, 10), st.integers(1, 3))
def test_no_choice_knows_what_it_is_tested_on(count, kde, other_count, other_kde, at, horizon):
    # What is tested in a month after the origin ``at`` is rewritten: all origins above at - horizon.
    kept = at - horizon + 1
    frame = backtest(count=count, kde=kde)
    rewritten = backtest(count=count[:kept] + other_count[kept:], kde=kde[:kept] + other_kde[kept:])
    origins = sorted(frame["origin"].unique())[: at + 1]
    chosen = [
        nested(each, ["count", "kde"], horizon_months=horizon).set_index("origin")["chosen"].reindex(origins)
        for each in (frame, rewritten)
    ]
    pd.testing.assert_series_equal(chosen[0], chosen[1])
    assert horizon > 2 or chosen[0].notna().any()


@pytest.mark.parametrize("horizon", [1, 3])
def test_the_last_test_that_has_ended_is_known(horizon):
    # The one origin whose test months end with the first that can be chosen for turns the choice.
    least = 6 * horizon
    before = [9.0] * (least - 1)
    chosen = []
    for last in (9.0, 0.0):
        frame = backtest(
            count=[*before, last, *[1.0] * 4],
            kde=[*[5.0] * (least - 1), 20.0 if last == 0 else 9.0, *[1.0] * 4],
        )
        found = nested(frame, ["kde", "count"], horizon_months=horizon, least=least).iloc[0]
        assert found["origin"] == sorted(frame["origin"].unique())[least - 1 + horizon]
        chosen.append(found["chosen"])
    assert chosen == ["count", "kde"]


# In plain English

MONTHS = np.array([8.0, 9, 7, 8.5, 7.5, 8, 9, 7, 8, 8.2, 8.4, 7.9])


def said(frame, method="decay", against="count", **more):
    return sentence(frame, method, against, "Bexley", incidents="burglaries", **more)


FIRST = (
    "In 12 of 12 held-out months the 2 % of Bexley marked by this method held more than its share: 16 % of the next "
    "month's burglaries on average, 8 times chance (PAI 8.0; best possible 20)."
)


def test_as_well_as_the_plain_count():
    swapped = MONTHS[::-1]
    assert said(backtest(decay=MONTHS, count=swapped)) == f"{FIRST} A plain count does as well."
    assert said(backtest(decay=MONTHS, count=swapped), against_name="the 12-month count") == (
        f"{FIRST} The 12-month count does as well."
    )


def test_better_and_worse_than_the_plain_count():
    frame = backtest(decay=MONTHS, count=MONTHS - 1 + np.tile([0.25, -0.25], 6))
    found = paired(frame, "decay", "count")
    interval = f"(95 % interval {found.low:.2f} to {found.high:.2f})"
    assert said(frame) == (
        f"{FIRST} That is better than a plain count: its PAI is higher by 1.00 on average {interval}."
    )
    assert said(frame, "count", "decay", against_name="the decayed count").endswith(
        f" The decayed count does better: its PAI is higher by 1.00 on average {interval}."
    )


def test_nothing_to_compare_with():
    frame = backtest(decay=MONTHS, count=MONTHS)
    assert said(frame, against=None) == FIRST
    assert said(frame, against="decay") == FIRST


def test_too_few_held_out_months():
    many = "are too few to call any method better."
    assert said(backtest(decay=MONTHS[:5], count=[1] * 5)).endswith(f" 5 held-out months {many}")
    assert said(backtest(decay=[8.0], count=[1.0])).startswith("In 1 of 1 held-out month the 2 % of Bexley ")
    assert said(backtest(decay=[8.0], count=[1.0]), against=None).endswith(
        " 1 held-out month is too few to call any method better."
    )
    assert said(backtest(decay=MONTHS, count=MONTHS / 4), horizon_months=3) == (
        "In 12 of 12 overlapping held-out periods of 3 months the 2 % of Bexley marked by this method held more than its "
        "share: 16 % of the next 3 months' burglaries on average, 8 times chance (PAI 8.0; best possible 20). "
        f"12 overlapping held-out periods of 3 months {many}"
    )
    spaced = said(backtest(step=3, decay=MONTHS, count=MONTHS / 4), horizon_months=3)
    assert spaced.startswith("In 12 of 12 held-out periods of 3 months the ")
    assert "That is better than a plain count" in spaced


def test_too_few_incidents():
    end = ", too few to call any method better."
    assert said(backtest(n_test=1, decay=MONTHS, count=MONTHS / 4)) == (
        f"{FIRST} The burglaries of the held-out months number only 12{end}"
    )
    overlapping = said(backtest(n_test=4, decay=MONTHS, count=MONTHS / 4), horizon_months=3)
    assert overlapping.endswith(f" The burglaries of the held-out months number about 16{end}")
    assert said(backtest(n_test=0, decay=MONTHS, count=MONTHS)) == (
        "No held-out month had any burglaries: the method could not be tested."
    )


def test_numbers_are_written_to_be_read():
    low = said(backtest(decay=[1.21] * 6, count=[1.21] * 6), against=None)
    assert "2.4 % of the next month's burglaries on average, 1.2 times chance (PAI 1.2; best possible 20)" in low
    none = said(backtest(decay=[0.0] * 6), against=None)
    assert none.startswith("In none of 6 held-out months the 2 % of Bexley")
    assert "0 % of the next month's burglaries on average, 0.0 times chance (PAI 0.0)." in none
    modest = backtest(decay=[3.0] * 6).assign(pei=3 / 9.9)
    assert "6 % of the next month's burglaries on average, 3 times chance (PAI 3.0; best possible 9.9)." in said(
        modest, against=None
    )
    assert "(PAI 3.0; best possible 10)." in said(modest.assign(pei=0.3), against=None)
    assert " share: 10 % of the next month's burglaries" in said(backtest(decay=[5.2] * 6), against=None)
    assert " share: 9.9 % of the next month's burglaries" in said(backtest(decay=[4.96] * 6), against=None)
    by_chance = backtest(decay=[1.0, 1.0, 1.1, 1 + 1e-12, 0.5, 2.0])
    assert said(by_chance, against=None).startswith("In 2 of 6 held-out months")
    tenth = backtest(shares=(0.1,), decay=[2.0] * 6)
    assert "the 10 % of Bexley" in sentence(tenth, "decay", None, "Bexley", share=0.1)
    assert "20 % of the next month's incidents" in sentence(tenth, "decay", None, "Bexley", share=0.1)
    assert "the 0.5 % of Bexley" in sentence(
        backtest(shares=(0.005,), decay=[2.0] * 6), "decay", None, "Bexley", share=0.005
    )


def test_nothing_lent_is_changed_and_the_same_is_said_again():
    frame = backtest(shares=(0.02, 0.05), count=MONTHS, decay=MONTHS + NOISE.repeat(2)[:12])
    before = frame.copy()
    calls: tuple[Callable[[], Any], ...] = (
        lambda: summary(frame),
        lambda: paired(frame, "decay", "count"),
        lambda: choose(frame, ["count", "decay"]),
        lambda: nested(frame, ["count", "decay"]),
        lambda: said(frame),
    )
    for call in calls:
        first, again = call(), call()
        assert first.equals(again) if isinstance(first, pd.DataFrame) else first == again
    pd.testing.assert_frame_equal(frame, before)
