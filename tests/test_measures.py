"""Classes of areas that hold for the whole period, and what tests said, as ways to colour a map."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspots.analysis.area_stats import area_stats, class_breaks, classify
from hotspots.pipeline import measures as colours
from hotspots.settings import Settings
from hotspots.settings.sections import Map
from hotspots.tables.areas import LABELS
from hotspots.tables.hotspots import CHANGES
from tests.places_fixtures import lattice, located

WINDOW = pd.period_range("2024-03", "2024-05", freq="M")


def made(population=True, seed=0, n=900, **changes):
    random = np.random.default_rng(seed)
    areas = lattice(6, 6)
    areas["population"] = (
        np.where(np.arange(len(areas)) == 3, 0.0, 1500.0 + 10 * np.arange(len(areas))) if population else np.nan
    )
    xy = np.concatenate([random.uniform(0, 3000, (n // 2, 2)), random.uniform(1000, 1600, (n - n // 2, 2))])
    codes = areas.index[(xy[:, 1] // 500).astype(int) * 6 + (xy[:, 0] // 500).astype(int)]
    focus = located([tuple(place) for place in xy], months=list(random.choice(WINDOW.astype(str), n)), lsoa=list(codes))
    covered = pd.DataFrame(True, index=areas.index, columns=[*WINDOW, WINDOW[-1] - 12])  # noqa: FBT003
    stats = area_stats(focus, areas, covered, WINDOW)
    return stats, focus, colours.classed(stats, focus, Settings(map=Map(**changes)), WINDOW)


def test_bounds_of_single_months_are_cut_once_from_all_of_them():
    stats, focus, (areas, measures) = made()
    rates = []
    for month in WINDOW:
        n = focus[focus["month"] == month].groupby("lsoa_code").size().reindex(stats.index, fill_value=0)
        rates.append(n / stats["area_km2"])
    own = stats["zone"] == "area"
    assert own.all()
    assert measures[0].month_breaks == class_breaks(pd.concat(rates))
    assert measures[0].breaks == class_breaks(stats["rate_per_km2"])
    assert measures[0].month_breaks[-1] < measures[0].breaks[-1]
    assert areas["map_class"].tolist() == classify(stats["rate_per_km2"], measures[0].breaks).tolist()


def test_counts_times_over_divisor_are_the_rates():
    stats, _, (_, measures) = made()
    assert [measure.column for measure in measures] == ["rate_per_km2", "rate_per_1000"]
    for measure in measures:
        size = stats[measure.divisor].where(stats[measure.divisor] > 0)
        rates = measure.times * stats["n"].astype(float) / size
        pd.testing.assert_series_equal(rates, stats[measure.column], check_names=False)
        assert measure.title.endswith(", 3 months")
        assert measure.month_title.endswith(" in one month")


def test_without_residents_there_is_one_measure():
    _, _, (areas, measures) = made(population=False)
    assert [measure.column for measure in measures] == ["rate_per_km2"]
    assert areas["map_class_per_1000"].isna().all()


def test_bounds_of_the_settings_win_for_the_window():
    _, _, (_, measures) = made(class_breaks_per_km2=(1.0, 2.0, 3.0, 4.0))
    assert measures[0].breaks == (1.0, 2.0, 3.0, 4.0)
    assert measures[0].month_breaks != (1.0, 2.0, 3.0, 4.0)


@pytest.mark.parametrize(("at", "column", "allowed"), [(0, "change", CHANGES), (1, "label", LABELS)])
def test_every_label_of_a_test_has_a_class_or_is_not_tested(at, column, allowed):
    one = colours.tested(WINDOW[-1], 3)[at]
    assert one.column == column
    values = [value for value, _ in one.labels]
    assert set(values) == set(allowed) - {"untested"}
    assert values in (["below", "usual", "above"], ["cold", "none", "hot"])
    assert one.labels[1][1] == "no more than chance"
    assert "tested" in one.title
