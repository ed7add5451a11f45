"""Months of a job: held, missing, covered, and too small to be whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.pipeline.window import thin_months


def coverage(**rows):
    """COVERAGE of forces, a count a month from 2024-01; none: no file."""
    made = [
        (force.replace("_", " "), pd.Period("2024-01", "M") + place, count)
        for force, counts in rows.items()
        for place, count in enumerate(counts)
        if count is not None
    ]
    return pd.DataFrame(made, columns=["force", "month", "rows"])


def found(frame):
    return [(row.force, str(row.month), row.rows, row.usual) for row in thin_months(frame).itertuples()]


def test_a_month_under_half_of_the_usual_is_thin():
    assert found(coverage(Met=[1000, 1010, 490, 990, 1005])) == [("Met", "2024-03", 490, 1002.5)]


@pytest.mark.parametrize(
    "counts",
    [
        [1000, 1010, 510, 990, 1005],
        [100, 101, 20],
        [49, 49, 20, 49, 49],
        [10, 1, 20, 0, 5, 7],
    ],
)
def test_half_or_more_few_rows_or_few_months_are_not_thin(counts):
    assert found(coverage(Met=counts)) == []


def test_exactly_half_is_not_thin_and_fifty_is_enough():
    assert found(coverage(Met=[50, 50, 25, 50])) == []
    assert found(coverage(Met=[50, 50, 24, 50])) == [("Met", "2024-03", 24, 50.0)]


def test_forces_are_judged_apart_and_rows_without_a_force_not_at_all():
    frame = coverage(Met=[1000] * 4, Kent=[100] * 3 + [40])
    assert found(frame) == [("Kent", "2024-04", 40, 100.0)]
    assert found(frame.assign(force="")) == []


def test_only_months_within_a_year_say_what_is_usual():
    slow_fall = [int(4000 * 0.93**month) for month in range(48)]
    assert found(coverage(Met=slow_fall)) == []
    rng = np.random.default_rng(1)
    shuffled = coverage(Met=[1000] * 20 + [400] + [1000] * 20).sample(frac=1, random_state=rng.integers(9))
    assert found(shuffled) == [("Met", "2025-09", 400, 1000.0)]
