"""The contracts of the tables, and how ``check`` names what breaks one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point

from hotspots import tables
from hotspots.errors import HotspotsError, TableError
from hotspots.tables import check
from hotspots.tables.contract import day, flag, geometry, number, table, text, whole

CONTRACT = table(
    "SAMPLE",
    "sample_id",
    {
        "kind": text("near", "far"),
        "note": text(optional=True),
        "share": number(0, 1, optional=True),
        "free": number(),
        "n": whole(1),
        "n_before": whole(0, optional=True),
        "known": flag(),
    },
)
PLACES = table("PLACES", "place_id", {"geometry": geometry("Point")})


def sample(**columns):
    values = {
        "kind": ["near", "far", "near"],
        "note": ["a", None, "b"],
        "share": [0.0, 1.0, np.nan],
        "free": [-1.5, 0.0, 1e12],
        "n": np.array([1, 2, 3], dtype="int64"),
        "n_before": pd.array([0, None, 5], dtype="Int64"),
        "known": [True, False, True],
    }
    return pd.DataFrame(values | columns, index=pd.Index(["s1", "s2", "s3"], name="sample_id"))


def keyed(*keys, name="sample_id"):
    return sample().set_axis(pd.Index(keys, name=name))


def places(*shapes, crs="EPSG:27700"):
    index = pd.Index([f"p{number_}" for number_ in range(len(shapes))], name="place_id")
    return gpd.GeoDataFrame(geometry=list(shapes), index=index, crs=crs)


def test_a_good_frame_comes_back_as_it_is():
    frame = sample()
    before = frame.copy(deep=True)
    assert check(CONTRACT, frame) is frame
    pd.testing.assert_frame_equal(frame, before)


def test_an_empty_frame_with_the_right_columns_is_good():
    check(CONTRACT, sample().iloc[:0])


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (sample().drop(columns="n"), r"SAMPLE breaks its contract: n: column missing\."),
        (sample(extra=1), r"extra: unknown column"),
        (sample(kind=["near", "there", "off"]), r"kind: isin\(\('near', 'far'\)\) \('there', and 1 more\)"),
        (sample(kind=["near", None, "far"]), r"kind: not_nullable"),
        (sample(share=[0.0, 1.5, 0.5]), r"share: less_than_or_equal_to\(1\) \(1\.5\)"),
        (sample(share=[0.0, -0.5, 0.5]), r"share: greater_than_or_equal_to\(0\) \(-0\.5\)"),
        (sample(free=[0.0, np.inf, 1.0]), r"free: finite \(inf\)"),
        (sample(free=[0.0, -np.inf, 1.0]), r"free: finite \(-inf\)"),
        (sample(free=[0.0, np.nan, 1.0]), r"free: not_nullable"),
        (sample(free=["0", "1", "2"]), r"free: dtype\('float64'\)"),
        (sample(n=np.array([0, 1, 2])), r"n: greater_than_or_equal_to\(1\) \(0\)"),
        (sample(n=[1.0, 2.0, 3.0]), r"n: dtype\('int64'\) \('float64'\)"),
        (sample(n_before=[0.0, np.nan, 5.0]), r"n_before: dtype\('Int64'\)"),
        (sample(known=[1, 0, 1]), r"known: dtype\('bool'\)"),
        (keyed("s3", "s2", "s1"), r"sample_id: sorted"),
        (keyed("s1", "s1", "s2"), r"sample_id: field_uniqueness \('s1'"),
        (keyed(1, 2, 3), r"sample_id: dtype"),
        (keyed("s1", "s2", "s3", name="other"), r"sample_id: field_name\('sample_id'\) \('other'\)"),
        (keyed("s1", "s2", "s3", name=None), r"sample_id: field_name"),
    ],
)
def test_a_fault_is_named(frame, fault):
    with pytest.raises(TableError, match=fault):
        check(CONTRACT, frame)


DATES = table("DATES", "date_id", {"on": day()})


def dated(values):
    return pd.DataFrame({"on": values}, index=pd.Index(["a", "b"], name="date_id"))


def test_dates_have_no_time_of_day_and_may_be_missing():
    good = pd.Series([pd.Timestamp("2024-05-13"), pd.NaT], index=["a", "b"]).astype("datetime64[us]")
    check(DATES, dated(good))
    check(DATES, dated(good.where(good.isna())))
    check(DATES, dated(good).iloc[:0])
    for bad in (
        good + pd.Timedelta(microseconds=1),
        good.astype("datetime64[ns]"),
        good.dt.tz_localize("Europe/London"),
        good.astype("str"),
    ):
        with pytest.raises(TableError, match=r"DATES breaks its contract: on: dates in microseconds without a zone"):
            check(DATES, dated(bad))


def test_all_faults_are_named_at_once():
    frame = sample(extra=1, share=[2.0, 0.0, 0.0]).drop(columns=["n", "known"]).iloc[::-1]
    with pytest.raises(TableError) as caught:
        check(CONTRACT, frame)
    for fault in (
        "n: column missing",
        "known: column missing",
        "extra: unknown column",
        "share: less",
        "sorted",
    ):
        assert fault in str(caught.value)


def test_a_frame_of_points_in_the_expected_crs_is_good():
    frame = places(Point(0, 0), Point(1, 1))
    assert check(PLACES, frame, epsg=27700) is frame
    check(PLACES, frame.iloc[:0], epsg=27700)


@pytest.mark.parametrize(
    ("frame", "epsg", "fault"),
    [
        (places(Point(0, 0)), 4326, r"PLACES: the frame is in EPSG:27700, expected EPSG:4326\."),
        (places(Point(0, 0), crs=None), 27700, r"the frame is in no CRS, expected EPSG:27700\."),
        (pd.DataFrame({"geometry": ["x"]}), 27700, r"the frame is in no CRS"),
        (places(LineString([(0, 0), (1, 1)])), 27700, r"geometry: one of Point"),
        (places(Point(0, 0), None), 27700, r"geometry: not_nullable"),
    ],
)
def test_crs_and_geometry_are_held_to_the_contract(frame, epsg, fault):
    with pytest.raises(TableError, match=fault):
        check(PLACES, frame, epsg=epsg)


def test_a_column_of_text_is_no_geometry():
    frame = pd.DataFrame({"geometry": ["POINT (0 0)"]}, index=pd.Index(["p0"], name="place_id"))
    with pytest.raises(TableError, match="geometry: one of Point"):
        check(PLACES, frame)


def test_an_optional_geometry_may_be_missing():
    contract = table("PLACES", "place_id", {"geometry": geometry("Point", "Polygon", optional=True)})
    check(contract, places(Point(0, 0), None, Point(0, 0).buffer(1)), epsg=27700)


def test_a_whole_number_key_is_held_to_its_type():
    contract = table("ROWS", "row_no", {"n": whole(0)}, key_type=int)
    frame = pd.DataFrame({"n": [1, 2]}, index=pd.Index([1, 2], name="row_no"))
    assert check(contract, frame) is frame
    with pytest.raises(TableError, match="row_no: dtype"):
        check(contract, frame.set_axis(pd.Index(["1", "2"], name="row_no")))


def test_a_broken_contract_is_one_of_the_family():
    assert issubclass(TableError, HotspotsError)
    assert issubclass(TableError, ValueError)


PUBLISHED = sorted(name for name in tables.__all__ if name != "check")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_contract_carries_its_name_and_a_unique_sorted_key(name):
    contract = getattr(tables, name)
    assert contract.name == name
    assert contract.strict
    assert contract.index.unique
    assert contract.index.name.endswith(("_id", "_no", "_code", "ward", "stops"))
    assert "sorted" in [rule.name for rule in contract.index.checks]


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_empty_frame_without_columns_breaks_every_published_contract(name):
    contract = getattr(tables, name)
    with pytest.raises(TableError) as caught:
        check(contract, pd.DataFrame(index=pd.Index([], name=contract.index.name)))
    for column in contract.columns:
        assert f"{column}: column missing" in str(caught.value)


def test_events_keep_microseconds_and_the_london_clock():
    wanted = tables.EVENTS.columns["starts_at"].dtype.type
    assert (str(wanted.tz), wanted.unit) == ("Europe/London", "us")
