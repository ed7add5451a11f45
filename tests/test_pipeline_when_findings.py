"""What is said of hours and months: shares only of many, and what the files cannot know said as loudly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hotspots.analysis.rhythm import season_table
from hotspots.pipeline import when_findings as module
from hotspots.pipeline.inputs import Inputs, load
from hotspots.pipeline.when_findings import month_counts, when_findings
from hotspots.settings import Settings, load_settings
from tests.places_fixtures import MET, code, lattice, located

KEY = pd.Index(["H1", "H2"], dtype="str", name="hotspot_id")
TYPE = pd.DatetimeTZDtype("us", "Europe/London")
MONDAY = pd.Timestamp("2024-05-06", tz="Europe/London")
FLAT = pd.Series(100, index=pd.period_range("2021-06", "2024-05", freq="M"))
FEW = FLAT.iloc[-12:]
FRIDAY_NIGHT = [4 * 24 + 20.5, 4 * 24 + 21.5]


def rows(*hours, zones="area", ranges=(), days=False, hotspot=None):
    """LOCATED rows at hours of the week; none: no time. Ranges are pairs of hours."""
    spans = [*((hour, None) for hour in hours), *ranges]
    frame = located([(50, 50)] * len(spans), zones=zones)
    begin, end = (
        pd.Series(
            [pd.NaT if hour is None else MONDAY + pd.Timedelta(hours=float(hour)) for hour in side],
            index=frame.index,
            dtype=TYPE,
        )
        for side in ([span[0] for span in spans], [span[1] for span in spans])
    )
    known = begin.notna() & (not days)
    name = pd.Series(hotspot, index=frame.index, dtype="str")
    return frame.assign(occurred_at=begin, occurred_until=end, time_known=known, hotspot_id=name)


def even(n):
    return [168 * (number + 0.5) / n for number in range(n)]


def said(frame, counts=FEW, **changes):
    return when_findings(frame, KEY, counts, **changes).sentences


# ------------------------------------------------------------------------------------------------ hours


def test_tables_and_sentences_are_of_one_piece():
    frame = rows(*FRIDAY_NIGHT * 60, *even(80), hotspot="H1")
    found = when_findings(frame, KEY, FLAT)
    assert found.timed["n_timed"].to_dict() == {"H1": 200, "H2": 0, "area": 200}
    assert found.week.groupby("place_id")["n"].sum().to_dict() == {"H1": 200, "area": 200}
    assert found.season["n"].sum() == 3600
    assert [(peak.day, peak.hour, peak.hours) for peak in found.peaks] == [(4, 20, 2)]
    assert found.sentences == (
        "Times are known of all incidents.",
        "Busy beyond chance: Fri 20:00–22:00 (60 % of the incidents in 1.2 % of the week).",
        "No calendar month stands out beyond chance over 36 months from 2021-06 to 2024-05.",
    )


def test_the_ring_is_not_told_of():
    frame = rows(*FRIDAY_NIGHT * 60, *[None] * 30, zones=["ring"] * 120 + ["area"] * 30)
    assert said(frame)[0] == "The files know months, not days: no hours are shown."


def test_shares_are_told_of_a_hundred_or_more_and_numbers_of_fewer():
    assert said(rows(*FRIDAY_NIGHT * 43, *[None] * 14))[0] == "Times are known of 86 % of the 100 incidents."
    told = said(rows(*FRIDAY_NIGHT * 20, *even(20), *[None] * 39))
    assert told[0] == "Times are known of 60 of 99 incidents."
    assert told[1] == "Busy beyond chance: Fri 20:00–22:00 (40 of 60 of the incidents in 1.2 % of the week)."
    assert said(rows(*FRIDAY_NIGHT * 40, *even(20)))[1].endswith("(80 % of the incidents in 1.2 % of the week).")
    assert said(rows(*FRIDAY_NIGHT * 40, *even(19)))[1].endswith("(80 of 99 of the incidents in 1.2 % of the week).")


def test_further_busy_hours_follow_the_first():
    noons = [24 * day + 12.5 for day in range(4)]
    told = said(rows(*FRIDAY_NIGHT * 60, *noons * 15, *even(40)))
    assert told[1] == (
        "Busy beyond chance: Fri 20:00–22:00 (55 % of the incidents in 1.2 % of the week); then Mon–Thu 12:00–13:00 "
        "(28 % in 2.4 % of the week)."
    )


def test_an_even_week_too_few_times_and_a_part_of_the_day_have_no_busy_hours():
    assert said(rows(*even(168)))[1] == (
        "No hours that are a quarter of the week or less hold a third of them beyond chance."
    )
    assert said(rows(*FRIDAY_NIGHT * 9, 5.0, *[None] * 3))[:2] == (
        "Times are known of 19 of 22 incidents.",
        "They are too few to look for busy hours.",
    )
    assert said(rows(*FRIDAY_NIGHT * 10))[1].startswith("Busy beyond chance: ")
    part = when_findings(rows(*FRIDAY_NIGHT * 60), KEY, FEW, by_part=True)
    assert part.peaks == ()
    assert part.sentences[1] == "No busy hours are looked for, since only a part of the day is in focus."


def test_ranges_and_reversed_times_are_counted():
    told = said(rows(5.0, ranges=[(5, 9), (7, 8), (9, 7)]))
    assert told[:3] == (
        "Times are known of 3 of 4 incidents.",
        "Of them 2 lie between two times and count in each hour between in proportion.",
        "1 ends before it begins and has no time here.",
    )
    told = said(rows(5.0, ranges=[(5, 9), (9, 7), (8, 1)]))
    assert told[1] == "Of them 1 lies between two times and counts in each hour between in proportion."
    assert told[2] == "2 end before they begin and have no time here."


def test_what_the_files_do_not_know_is_said():
    assert said(rows(None, None))[0] == "The files know months, not days: no hours are shown."
    assert said(rows(5.0, 29.0, days=True))[0] == "The files know days, not times of the day: no hours are shown."
    assert said(rows())[0] == "Without an incident in the area there are no hours to show."
    assert said(rows(ranges=[(9, 7)]))[0] == "No incident has a time that can be used: no hours are shown."
    assert len(said(rows(None))) == 2


# ------------------------------------------------------------------------------------------------ season


def season_of(factors, months=48, last="2024-05", rate=100.0, seed=1):
    index = pd.period_range(end=last, periods=months, freq="M")
    mean = rate / 30 * index.days_in_month.to_numpy() * np.array([factors.get(month, 1.0) for month in index.month])
    return pd.Series(np.random.default_rng(seed).poisson(mean), index=index)


def test_too_little_history_tells_no_season():
    assert said(rows(), FEW)[-1] == "The files hold 12 months whole; a season is told from 24 months or more."
    one = FLAT.iloc[:1]
    assert said(rows(), one)[-1] == "The files hold 1 month whole; a season is told from 24 months or more."
    none = FLAT.iloc[:0]
    assert said(rows(), none)[-1] == "The files hold no whole month; a season is told from 24 months or more."
    rare = FLAT.iloc[-24:] * 0 + 2
    assert said(rows(), rare)[-1] == (
        "With 48 incidents in 24 months from 2022-06 to 2024-05 there is too little to tell a season."
    )
    rare = rare * 0
    rare.iloc[3] = 1
    assert said(rows(), rare)[-1].startswith("With 1 incident in 24 months")


def test_calendar_months_are_named_with_what_they_hold():
    counts = season_of({12: 1.6, 7: 0.6})
    found = when_findings(rows(), KEY, counts)
    months = counts.index.month
    high, low = counts[months == 12].sum(), counts[months == 7].sum()
    table = found.season.assign(expected=found.season["expected_per_month"] * found.season["days"] * 12 / 365.25)
    usual = round(table["expected"][12]), round(table["expected"][7])
    assert found.sentences[-1] == (
        "By calendar month, tested over 48 months from 2020-06 to 2024-05: December is high "
        f"({high:,} incidents, {usual[0]:,} expected from the other months); July is low ({low:,} incidents, "
        f"{usual[1]:,} expected from the other months)."
    )
    only = said(rows(), season_of({7: 0.5}))[-1]
    assert "high" not in only
    assert "2024-05: July is low (" in only


def test_months_that_differ_together_but_not_one_by_one_are_said_to(monkeypatch):
    def together(counts):
        return season_table(counts).assign(season_p=0.05)

    monkeypatch.setattr(module, "season_table", together)
    assert said(rows(), FLAT)[-1] == (
        "Over 36 months from 2021-06 to 2024-05 the calendar months differ beyond chance, but no single one stands out."
    )


@pytest.mark.parametrize(
    ("months", "words"),
    [
        ([7], "July"),
        ([7, 8], "July and August"),
        ([1, 12], "December and January"),
        ([1, 2, 11, 12], "November to February"),
        ([1, 3, 5], "January, March and May"),
        ([1, 2, 3, 5, 12], "December to March and May"),
        ([2, 3, 7, 8, 9], "February, March and July to September"),
        ([1, 2, 3], "January to March"),
        (list(range(1, 13)), "January to December"),
    ],
)
def test_calendar_months_in_a_row_are_told_by_the_first_and_the_last(months, words):
    table = pd.DataFrame(
        {"n": 10, "days": 30, "expected_per_month": 365.25 / 12}, index=pd.Index(months, name="month_no")
    )
    told = module._of_level(table, "high")
    verb = "is" if len(months) == 1 else "are"
    total = 10 * len(months)
    expected = 30 * len(months)
    assert told == f"{words} {verb} high ({total} incidents, {expected} expected from the other months)"


# ------------------------------------------------------------------------------------------------ months held


def loaded(*, coverage, months, uneven=(), month="2024-05", forces=(MET,)):
    """What a job starts from, with one row in each of some months."""
    areas = lattice(3, 2)
    areas["force"] = pd.Series([forces[number % len(forces)] for number in range(6)], index=areas.index, dtype="str")
    known = pd.Series(data=True, index=areas.index)
    frame = located([(50, 50)] * len(months), months=months)
    held = pd.DataFrame(coverage, columns=["force", "month", "rows"])
    held["month"] = pd.PeriodIndex(held["month"], freq="M")
    periods = tuple(pd.Period(one, freq="M") for one in uneven)
    given: Any = SimpleNamespace(
        areas=areas,
        located=frame,
        month=pd.Period(month, freq="M"),
        intake=SimpleNamespace(coverage=held),
        window=SimpleNamespace(known=known),
        focus=SimpleNamespace(uneven=periods),
    )
    return given


def told_by_month(given):
    return {str(month): int(n) for month, n in month_counts(given).items()}


def of(force, *months, rows=100):
    return [(force, month, rows) for month in months]


def test_months_held_whole_up_to_the_jobs_are_counted_and_empty_ones_are_zero():
    given = loaded(
        coverage=of(MET, "2024-04", "2024-05", "2024-02", "2024-06") + of("Kent Police", "2024-03"),
        months=["2024-02", "2024-02", "2024-05", "2024-06", "2024-03"],
    )
    assert told_by_month(given) == {"2024-02": 2, "2024-04": 0, "2024-05": 1}
    assert month_counts(given).index.dtype == pd.PeriodDtype("M")


def test_thin_and_uneven_months_are_left_out():
    months = [str(month) for month in pd.period_range("2023-12", "2024-05", freq="M")]
    coverage = of(MET, *months[:-1]) + of(MET, months[-1], rows=49)
    given = loaded(coverage=coverage, months=months, uneven=("2024-01",))
    assert list(told_by_month(given)) == ["2023-12", "2024-02", "2024-03", "2024-04"]


def test_every_force_of_the_area_must_hold_the_month():
    coverage = of(MET, "2024-03", "2024-04", "2024-05") + of("Kent Police", "2024-04", "2024-05")
    given = loaded(coverage=coverage, months=["2024-03", "2024-05"], forces=(MET, "Kent Police"))
    assert told_by_month(given) == {"2024-04": 0, "2024-05": 1}
    # A force whose LSOAs are no data, or of the ring, holds up nothing.
    given.window.known[given.areas["force"] == "Kent Police"] = False
    assert list(told_by_month(given)) == ["2024-03", "2024-04", "2024-05"]
    given.window.known[:] = True
    given.areas.loc[given.areas["force"] == "Kent Police", "zone"] = "ring"
    assert list(told_by_month(given)) == ["2024-03", "2024-04", "2024-05"]


def test_rows_of_the_ring_out_of_focus_or_without_data_are_not_counted():
    given = loaded(coverage=of(MET, "2024-05"), months=["2024-05"] * 5)
    given.located["zone"] = ["ring", "area", "area", "area", "area"]
    given.located["in_focus"] = [True, False, True, True, True]
    given.located["lsoa_code"] = pd.Series(
        [code(0, 0), code(0, 0), code(1, 1), code(0, 0), code(0, 0)], index=given.located.index, dtype="str"
    )
    given.window.known[code(1, 1)] = False
    assert told_by_month(given) == {"2024-05": 2}


def test_a_job_of_street_level_files_knows_months_alone(town):
    inputs = Inputs("2024-05", (town.incidents,), (town.boundaries,), ("Bexley",))
    job = load(inputs, Settings())
    counts = month_counts(job)
    assert counts.index.equals(pd.period_range("2023-04", "2024-05", freq="M"))
    rows_of_job = job.located[job.located["in_focus"] & (job.located["zone"] == "area")]
    assert counts.sum() == len(rows_of_job)
    frame = rows_of_job.assign(hotspot_id=pd.Series(None, index=rows_of_job.index, dtype="str"))
    assert when_findings(frame, KEY, counts).sentences == (
        "The files know months, not days: no hours are shown.",
        "The files hold 14 months whole; a season is told from 24 months or more.",
    )


# ------------------------------------------------------------------------------------------------ real data


@pytest.mark.real
def test_burglary_of_bexley_is_high_in_the_dark_months(real, tmp_path):
    path = real / "police" / "met-burglary" / "bexley-greenwich-lewisham-bromley-burglary-2010-12_2023-12.csv.gz"
    layer = real / "boundaries" / "lsoa2021" / "london-2021-lsoa-gen20.zip"
    if not path.is_file() or not layer.is_file():
        pytest.skip(f"no burglary of Bexley in {real}")
    settings = tmp_path / "s.toml"
    settings.write_text(f"[[sources]]\nname = 'Burglary'\npath = '{path}'\nformat = 'police.uk'\n", encoding="utf-8")
    inputs = Inputs("2023-12", (), (layer,), ("Bexley",), ("Burglary",))
    job = load(inputs, load_settings(settings))
    frame = job.located[job.located["in_focus"] & job.located["month"].isin(job.window.months)]
    frame = frame.assign(hotspot_id=pd.Series(None, index=frame.index, dtype="str"))
    found = when_findings(frame, KEY, month_counts(job))
    high = found.season.index[found.season["level"] == "high"]
    assert set(high) == {11, 12, 1, 2}
    assert found.sentences[0] == "The files know months, not days: no hours are shown."
    assert found.sentences[1].startswith(
        "By calendar month, tested over 157 months from 2010-12 to 2023-12: November to February are high ("
    )
