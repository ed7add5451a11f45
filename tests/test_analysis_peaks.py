"""When hotspots are busiest: only where times are known, and only beyond chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.analysis.peaks import peak_times
from tests.places_fixtures import located

KEY = pd.Index(["A", "B", "C"], dtype="str", name="hotspot_id")


def rows(**groups):
    """Rows of groups: hours of the week (0: Monday midnight) at which their incidents were; none: not known."""
    hours = [(name, hour) for name, its in groups.items() for hour in its]
    frame = located([(50, 50)] * len(hours))
    monday = pd.Timestamp("2024-05-06", tz="Europe/London")
    at = [pd.NaT if hour is None else monday + pd.Timedelta(hours=float(hour)) for _, hour in hours]
    times = pd.Series(at, index=frame.index, dtype=pd.DatetimeTZDtype("us", "Europe/London"))
    name = pd.Series([name for name, _ in hours], index=frame.index, dtype="str")
    return frame.assign(occurred_at=times, time_known=times.notna(), hotspot_id=name)


def even(n, seed=1):
    return list(np.random.default_rng(seed).uniform(0, 168, n))


def test_a_peak_is_told_in_words_and_an_even_week_has_none():
    friday_night = [4 * 24 + 20.5] * 30 + [5 * 24 + 21.5] * 30
    told = peak_times(rows(A=[*friday_night, *even(40)], B=even(100)), "hotspot_id", KEY)
    assert told.index.equals(KEY)
    assert told["A"].startswith("Fri–Sat 20:00–22:00, 6")
    assert told[["B", "C"]].isna().all()


def test_times_that_are_not_known_tell_nothing():
    assert peak_times(rows(A=[None] * 200), "hotspot_id", KEY).isna().all()
    assert peak_times(rows(A=[20.5] * 19), "hotspot_id", KEY).isna().all()
    assert peak_times(rows(A=[20.5] * 30, B=[None] * 30), "hotspot_id", KEY).notna().tolist() == [True, False, False]


@pytest.mark.parametrize("seed", range(3))
def test_many_even_weeks_have_no_peaks(seed):
    groups = {f"G{number:02d}": even(60, seed=100 * seed + number) for number in range(12)}
    key = pd.Index(groups, dtype="str", name="hotspot_id")
    assert peak_times(rows(**groups), "hotspot_id", key).notna().sum() <= 1
