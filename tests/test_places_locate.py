"""The edge-aware join on a lattice made in code, and on the public data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from hotspots.errors import TableError
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.incidents import read_incidents
from hotspots.places.areas import choose_area
from hotspots.places.locate import agreement, locate
from hotspots.tables import LOCATED, check
from tests.places_fixtures import SOUTH, WEST, code, incidents, lattice

LAYER = lattice(columns=4, rows=2)


def join(rows, areas=LAYER, tolerance_m=20.0, context_m=1000.0, lookup=None, categories=("Robbery",)):
    focus = rows["category"].isin(categories)
    return locate(rows, areas, focus=focus, tolerance_m=tolerance_m, context_m=context_m, lookup=lookup)


def decided(place, published=None, **changes):
    row = join(incidents([place], published=published), **changes).iloc[0]
    return (None if pd.isna(row["lsoa_code"]) else row["lsoa_code"]), row["located_by"]


CASES = {
    "inside": ((50, 50), None, code(0, 0), "inside"),
    "inside, so published": ((50, 50), code(0, 0), code(0, 0), "inside"),
    "on an edge, no code": ((100, 50), None, code(0, 0), "shared_edge"),
    "on a corner of four, no code": ((200, 100), None, code(1, 0), "shared_edge"),
    "on an edge, the larger code published": ((100, 50), code(1, 0), code(1, 0), "edge_published"),
    "on an edge, the smaller code published": ((100, 50), code(0, 0), code(0, 0), "edge_published"),
    "on an edge, a far code published": ((100, 50), code(3, 1), code(0, 0), "shared_edge"),
    "half a millimetre off the edge": ((100.0005, 50), None, code(0, 0), "shared_edge"),
    "two millimetres off the edge": ((100.002, 50), None, code(1, 0), "inside"),
    "within tolerance of the published": ((115, 50), code(0, 0), code(0, 0), "edge_published"),
    "at the tolerance": ((120, 50), code(0, 0), code(0, 0), "edge_published"),
    "beyond the tolerance": ((120.1, 50), code(0, 0), code(1, 0), "inside"),
    "an unknown code published": ((115, 50), "W01000001", code(1, 0), "inside"),
    "on the outer edge": ((0, 50), None, code(0, 0), "inside"),
    "outside": ((-5, 50), None, None, "outside"),
    "outside, near the published": ((-15, 50), code(0, 0), code(0, 0), "edge_published"),
    "outside, far from the published": ((-25, 50), code(0, 0), None, "outside"),
}


@pytest.mark.parametrize(("place", "published", "expected", "rule"), CASES.values(), ids=CASES)
def test_which_lsoa_a_point_belongs_to(place, published, expected, rule):
    assert decided(place, published) == (expected, rule)


def test_the_distance_is_that_to_the_published_polygon():
    rows = incidents([(50, 50), (115, 50), (160, 50), (50, 50), (50, 50)], [code(0, 0)] * 3 + ["W01000001", None])
    np.testing.assert_allclose(join(rows)["distance_m"], [0, 15, 60, np.nan, np.nan])


@pytest.mark.parametrize(("tolerance", "expected"), [(0.0, code(1, 0)), (14.9, code(1, 0)), (15.0, code(0, 0))])
def test_the_tolerance_is_the_callers(tolerance, expected):
    assert decided((115, 50), code(0, 0), tolerance_m=tolerance)[0] == expected


def test_without_tolerance_a_published_code_still_decides_on_the_edge():
    assert decided((100, 50), code(1, 0), tolerance_m=0.0) == (code(1, 0), "edge_published")
    assert decided((100.0005, 50), code(0, 0), tolerance_m=0.0) == (code(0, 0), "edge_published")


def exact_fit(*rows):
    return pd.DataFrame(rows, columns=["lsoa11", "lsoa21", "rule"]).astype("str")


LOOKUP = exact_fit(
    ("OLD-U", code(0, 0), "U"),
    ("OLD-S", code(1, 0), "S"),
    ("OLD-S", code(2, 0), "S"),
    ("OLD-M1", code(3, 0), "M"),
    ("OLD-M2", code(3, 0), "M"),
    ("OLD-X", code(3, 1), "X"),
)


@pytest.mark.parametrize(
    ("place", "published", "expected", "located_by", "rule"),
    [
        ((115, 50), "OLD-U", code(0, 0), "edge_published", "U"),
        ((50, 50), "OLD-U", code(0, 0), "inside", "U"),
        ((150, 50), "OLD-S", code(1, 0), "inside", "S"),
        ((250, 50), "OLD-S", code(2, 0), "inside", "S"),
        ((200, 50), "OLD-S", code(1, 0), "edge_published", "S"),
        ((305, 50), "OLD-S", code(2, 0), "edge_published", "S"),
        ((295, 50), "OLD-M1", code(3, 0), "edge_published", "M"),
        ((295, 50), "OLD-M2", code(3, 0), "edge_published", "M"),
        ((295, 150), "OLD-X", code(2, 1), "inside", None),
        ((295, 50), code(3, 0), code(3, 0), "edge_published", None),
        ((150, 150), "OLD-U", code(1, 1), "inside", None),
    ],
)
def test_a_code_of_2011_in_a_layer_of_2021(place, published, expected, located_by, rule):
    row = join(incidents([place], published), lookup=LOOKUP).iloc[0]
    assert (row["lsoa_code"], row["located_by"]) == (expected, located_by)
    assert (None if pd.isna(row["vintage_rule"]) else row["vintage_rule"]) == rule


def test_a_code_of_2021_in_a_layer_of_2011():
    old = lattice(columns=4, rows=2, vintage=2011)
    # One old area split into two new ones, two old ones merged into one.
    lookup = exact_fit(
        (code(0, 0), "NEW-A", "S"), (code(0, 0), "NEW-B", "S"), (code(2, 0), "NEW", "M"), (code(3, 0), "NEW", "M")
    )
    rows = incidents([(110, 50), (110, 50), (305, 50), (390, 50)], ["NEW-A", "NEW-B", "NEW", "NEW"])
    found = join(rows, old, lookup=lookup)
    assert found["lsoa_code"].tolist() == [code(0, 0), code(0, 0), code(3, 0), code(3, 0)]
    assert found["vintage_rule"].tolist() == ["S", "S", "M", "M"]
    assert found["located_by"].tolist() == ["edge_published", "edge_published", "inside", "inside"]


def test_without_a_lookup_a_code_of_the_other_vintage_is_not_known():
    assert decided((115, 50), "OLD-U") == (code(1, 0), "inside")
    assert decided((115, 50), code(0, 0), areas=lattice(4, 2, vintage=2011)) == (code(0, 0), "edge_published")


def zoned(context_m=150.0):
    layer = lattice(columns=6, rows=1, borough=lambda column, _row: "Alpha" if column < 2 else "Beta")
    return choose_area(layer, ["Alpha"], context_m=context_m)


def test_zones_are_those_of_the_lsoa_and_of_the_distance_for_points_in_none():
    places = [
        (50, 50),
        (250, 50),
        (350, 50),
        (550, 50),
        (-100, 50),
        (-149, 50),
        (-151, 50),
        (250, -100),
        (380, 150),
        (100, 5000),
    ]
    found = join(incidents(places), zoned(), context_m=150.0)
    expected = ["area", "ring", "ring", "beyond", "ring", "ring", "beyond", "ring", "beyond", "beyond"]
    assert found["zone"].tolist() == expected
    assert (found["located_by"] == "outside").tolist() == [False] * 4 + [True] * 6


@pytest.mark.parametrize(("place", "zone"), [((-100, 50), "ring"), ((-900, 50), "beyond")])
def test_rows_in_no_polygon_at_all_have_a_zone(place, zone):
    found = join(incidents([place] * 3), zoned(), context_m=150.0)
    assert found["zone"].tolist() == [zone] * 3
    assert found["lsoa_code"].isna().all()


def test_focus_is_the_categories_asked_for():
    rows = incidents([(50, 50)] * 3, category=["Robbery", "Burglary", "robbery"])
    assert join(rows)["in_focus"].tolist() == [True, False, False]
    assert join(rows, categories=())["in_focus"].tolist() == [False] * 3


def test_no_rows_are_located_as_no_rows():
    for lookup in (None, LOOKUP):
        found = join(incidents([]), lookup=lookup)
        assert len(found) == 0
        check(LOCATED, found)


@pytest.mark.parametrize("crs", [4326, 3857])
def test_another_crs_is_refused_with_both_named(crs):
    with pytest.raises(TableError, match=rf"EPSG:{crs}.*expected EPSG:27700"):
        join(incidents([(50, 50)]).to_crs(crs))


PLACES = st.tuples(
    st.sampled_from([-30, -10, 0, 50, 85, 100, 115, 200, 300, 399, 400, 410]),
    st.sampled_from([-5, 0, 50, 100, 110, 200]),
)
PUBLISHED = st.sampled_from([None, "OLD-U", "OLD-S", "OLD-X", "W01", *(code(c, r) for c in range(4) for r in range(2))])
ROWS = st.lists(st.tuples(PLACES, PUBLISHED), min_size=1, max_size=25)


def made(rows):
    return incidents([place for place, _ in rows], [published for _, published in rows])


@settings(deadline=None, max_examples=12)
@given(ROWS, st.randoms())
def test_neither_order_nor_company_changes_a_row(rows, random):
    given_rows = made(rows)
    found = join(given_rows, lookup=LOOKUP)
    assert_frame_equal(found[given_rows.columns], given_rows)
    order = list(given_rows.index)
    random.shuffle(order)
    # The same places under other keys, in another order.
    shuffled = given_rows.loc[order].set_index(given_rows.index)
    again = join(shuffled, lookup=LOOKUP).set_index(pd.Index(order, name="incident_id")).sort_index()
    assert_frame_equal(again, found)
    doubled = pd.concat([given_rows, given_rows.set_index("z" + given_rows.index)])
    doubled.index.name = "incident_id"
    twice = join(doubled, lookup=LOOKUP)
    assert_frame_equal(twice.iloc[: len(rows)], found)
    assert_frame_equal(twice.iloc[len(rows) :].set_index(found.index), found)


@settings(deadline=None, max_examples=25)
@given(ROWS)
def test_every_row_is_decided_as_plain_distances_say(rows):
    found = join(made(rows), lookup=LOOKUP)
    means = {"OLD-U": [code(0, 0)], "OLD-S": [code(1, 0), code(2, 0)]}
    for ((x, y), published), (_, row) in zip(rows, found.iterrows(), strict=True):
        apart = LAYER.distance(shapely.Point(WEST + x, SOUTH + y))
        near = [name for name in means.get(published or "", [published]) if name in apart.index and apart[name] <= 20]
        on = sorted(apart.index[apart <= 0.001])
        candidates = near or on[:1] or [None]
        expected = min(candidates, key=lambda name: (apart.get(name), name))
        assert (None if pd.isna(row["lsoa_code"]) else row["lsoa_code"]) == expected


def test_joining_lends_and_returns():
    rows, areas = incidents([(100, 50), (-5, 50)], [code(1, 0), None]), zoned()
    copies = rows.copy(deep=True), areas.copy(deep=True), LOOKUP.copy(deep=True)
    join(rows, areas, lookup=LOOKUP)
    for frame, copy in zip((rows, areas, LOOKUP), copies, strict=True):
        assert_frame_equal(frame, copy)


def test_agreement_counts_rows_that_name_an_lsoa_and_those_that_keep_it():
    rows = incidents(
        [(50, 50), (115, 50), (160, 50), (150, 50), (50, 50), (-50, 50), (50, 50)],
        [code(0, 0), code(0, 0), code(0, 0), "OLD-S", "W01", code(0, 0), None],
    )
    # Kept: inside, within tolerance, brought over. Not kept: too far, unknown. Not counted: outside, none named.
    assert agreement(join(rows, lookup=LOOKUP)) == (3, 5)
    assert agreement(join(rows)) == (2, 5)
    assert agreement(join(incidents([]))) == (0, 0)


@pytest.mark.real
def test_the_join_agrees_with_the_published_codes_where_a_plain_one_does_not(real):
    met = real / "police/met-burglary/bexley-greenwich-lewisham-bromley-burglary-2010-12_2023-12.csv.gz"
    layer = read_boundaries([real / "boundaries/lsoa2011/london-2011-lsoa-gen20.zip"], epsg=27700).areas
    rows = read_incidents([met]).incidents.to_crs(27700)
    rows = rows[(rows["month"] >= "2015-01") & (rows["month"] <= "2021-12")]
    areas = choose_area(layer, [], context_m=1000)
    found = join(rows, areas, categories=("Burglary",))
    kept, named = agreement(found)
    bare = join(rows.assign(lsoa_published=pd.Series(None, index=rows.index, dtype="str")), areas)
    plain = (bare["lsoa_code"] == rows["lsoa_published"])[rows["lsoa_published"].notna() & bare["lsoa_code"].notna()]
    print(f"\nagreement: {kept / named:.5f} of {named:,} rows; plain join {plain.mean():.5f}")  # noqa: T201
    assert named > 50_000
    assert kept / named >= 0.999
    assert plain.mean() == pytest.approx(0.948, abs=0.002)
    assert set(found["located_by"]) <= {"inside", "edge_published", "shared_edge", "outside"}
