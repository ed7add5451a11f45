"""What a reader of the map can choose: every incident once, with no hour that is not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from hotspots.analysis.locations import NO_HOUR, locations, selections
from hotspots.tables import SELECTIONS, check
from tests.places_fixtures import located

MONTHS = ["2024-03", "2024-04", "2024-05"]


def london(*moments):
    stamps = pd.DatetimeIndex([pd.NaT if moment is None else pd.Timestamp(moment) for moment in moments])
    return stamps.tz_localize("Europe/London").as_unit("us")


def mixed(seed, n=300):
    """Rows at few places, some with a moment, some with a range, some with neither; and the hotspot of each."""
    random = np.random.default_rng(seed)
    places = random.uniform(0, 2000, (12, 2)).round()[random.integers(0, 12, n)]
    starts = pd.Timestamp("2024-03-28") + pd.to_timedelta(random.integers(0, 60 * 24 * 40, n), unit="min")
    known = random.random(n) < 0.7
    ranged = known & (random.random(n) < 0.2)
    at = [start if there else None for start, there in zip(starts, known, strict=True)]
    until = [start + pd.Timedelta(hours=5) if there else None for start, there in zip(starts, ranged, strict=True)]
    focus = located(
        [tuple(place) for place in places],
        months=list(random.choice(MONTHS, n)),
        category=random.choice(["Robbery", "Violence and sexual offences"], n),
    ).assign(
        themes=pd.array(random.choice(["", "Gangs", "Gangs|Youth"], n), dtype="str"),
        occurred_at=london(*at),
        occurred_until=london(*until),
        time_known=known,
    )
    names = random.choice(np.array(["H1", "H2", None], dtype=object), n)
    return focus, pd.DataFrame({"hotspot_id": pd.Series(names, index=focus.index, dtype="str")})


@pytest.mark.parametrize("seed", range(4))
def test_every_row_is_counted_once_under_all_it_is(seed):
    focus, members = mixed(seed)
    copy = focus.copy(deep=True)
    found = check(SELECTIONS, selections(focus, members))
    assert found["n"].sum() == len(focus)
    assert not found.drop(columns="n").duplicated().any()
    places = locations(focus, pd.Period("2024-05", "M"))
    assert found.groupby("location_no")["n"].sum().tolist() == places["n"].tolist()
    for column in ("month", "category", "themes", "lsoa_code"):
        expected = focus.groupby(column).size()
        assert found.groupby(column)["n"].sum().to_dict() == expected.to_dict()
    assert found.groupby("hotspot_id")["n"].sum().to_dict() == members.groupby("hotspot_id").size().to_dict()
    assert_frame_equal(focus, copy)


@pytest.mark.parametrize("seed", range(2))
def test_only_one_known_moment_has_an_hour(seed):
    focus, members = mixed(seed)
    found = selections(focus, members)
    single = focus["time_known"] & focus["occurred_until"].isna()
    hours = [24 * moment.weekday() + moment.hour for moment in focus.loc[single, "occurred_at"]]
    expected = pd.Series(hours).value_counts().to_dict() | {NO_HOUR: int((~single).sum())}
    assert found.groupby("hour_of_week")["n"].sum().to_dict() == expected


def test_an_end_at_the_very_start_is_no_range():
    moment = london("2024-05-03 22:10", "2024-05-03 22:10")
    focus = located([(1, 1), (1, 1)], months=["2024-05"] * 2)
    focus = focus.assign(occurred_at=moment, occurred_until=moment, time_known=True)
    found = selections(focus, pd.DataFrame({"hotspot_id": pd.Series(None, index=focus.index, dtype="str")}))
    assert found["hour_of_week"].tolist() == [4 * 24 + 22]
    assert found["n"].tolist() == [2]
    assert found["hotspot_id"].isna().all()


def test_the_order_of_rows_changes_nothing():
    focus, members = mixed(5)
    again = focus.sample(frac=1, random_state=1)
    assert_frame_equal(selections(again, members.loc[again.index]), selections(focus, members))


def test_no_rows_are_no_selections():
    focus, members = mixed(6, n=3)
    assert len(selections(focus.iloc[:0], members.iloc[:0])) == 0
