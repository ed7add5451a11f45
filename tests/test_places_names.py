"""Names a person recognises."""

from __future__ import annotations

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from hotspots.places.names import name_hotspots
from tests.places_fixtures import code, lattice, located

AREAS = lattice(3, 1, borough=lambda _column, _row: "Bexley")


def named(*rows):
    """Name the one hotspot of rows (street, institutional, column of the LSOA or none)."""
    streets, kinds, columns = zip(*rows, strict=True)
    frame = located(
        [(50, 50)] * len(rows),
        street=streets,
        lsoa=[None if column is None else code(column, 0) for column in columns],
    ).assign(institutional=list(kinds))
    members = pd.DataFrame({"hotspot_id": pd.Series("H1", index=frame.index, dtype="str")})
    names = name_hotspots(frame, members, AREAS)
    assert names.index.tolist() == ["H1"]
    return names["H1"]


CASES = {
    "one street": ([("Broadway", False, 1)] * 3, "Broadway, Bexley 001A"),
    "a second street as busy as six tenths": (
        [("Broadway", False, 1)] * 5 + [("Albion Road", False, 1)] * 3,
        "Broadway / Albion Road, Bexley 001A",
    ),
    "a second street less busy": (
        [("Broadway", False, 1)] * 5 + [("Albion Road", False, 1)] * 2,
        "Broadway, Bexley 001A",
    ),
    "never a third": (
        [(street, False, 1) for street in ("C Street", "B Street", "A Street")],
        "A Street / B Street, Bexley 001A",
    ),
    "a street before any institution": (
        [("Supermarket", True, 1)] * 9 + [("Albion Road", False, 1)],
        "Albion Road, Bexley 001A (supermarket site)",
    ),
    "half of it an institution is not mostly one": (
        [("Hospital", True, 1)] * 2 + [("Albion Road", False, 1)] * 2,
        "Albion Road, Bexley 001A",
    ),
    "a kind of several words": ([("Parking Area", True, 1)] * 3, "Bexley 001A (parking area)"),
    "an institution without its kind": ([(None, True, 1)] * 3, "Bexley 001A (institution)"),
    "institutions only, the first of them": (
        [("Supermarket", True, 1)] * 2 + [("Hospital", True, 1)] * 2,
        "Bexley 001A (hospital site)",
    ),
    "no street": ([(None, False, 1)] * 2, "Bexley 001A"),
    "nothing at all": ([(None, False, None)] * 2, "Unnamed place"),
    "some rows without a street": ([(None, False, 1)] * 5 + [("Broadway", False, 1)], "Broadway, Bexley 001A"),
    "the LSOA of most rows": (
        [("Broadway", False, 2)] * 2 + [("Broadway", False, 0)] + [("Broadway", False, None)] * 4,
        "Broadway, Bexley 002A",
    ),
    "of equal LSOAs the smaller code": ([("Broadway", False, 2), ("Broadway", False, 1)], "Broadway, Bexley 001A"),
    "in no LSOA": ([("Broadway", False, None)], "Broadway"),
}


@pytest.mark.parametrize(("rows", "expected"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("backwards", [False, True])
def test_the_name_of_a_place(rows, expected, backwards):
    assert named(*(rows[::-1] if backwards else rows)) == expected


def test_each_place_is_named_after_its_own_rows():
    frame = located([(50, 50)] * 4, street=["Broadway", "Broadway", "Elsewhere", "Nowhere"])
    members = pd.DataFrame({"hotspot_id": pd.Series(["H2", "H2", "H1", None], index=frame.index, dtype="str")})
    copies = frame.copy(deep=True), members.copy(deep=True)
    names = name_hotspots(frame, members, AREAS)
    assert names.to_dict() == {"H1": "Elsewhere, Bexley 000A", "H2": "Broadway, Bexley 000A"}
    assert_frame_equal(frame, copies[0])
    assert_frame_equal(members, copies[1])


def test_a_ward_stands_for_its_lsoas_where_it_is_known():
    frame = located([(50, 50)] * 5, street="Broadway", lsoa=[code(c, 0) for c in (0, 1, 1, 2, 2)])
    members = pd.DataFrame({"hotspot_id": pd.Series("H1", index=frame.index, dtype="str")})
    wards = AREAS.assign(ward=pd.Series(["Sidcup", None, "Sidcup"], index=AREAS.index, dtype="str"))
    assert name_hotspots(frame, members, wards)["H1"] == "Broadway, Sidcup"
    assert name_hotspots(frame.iloc[1:3], members.iloc[1:3], wards)["H1"] == "Broadway, Bexley 001A"
    # A ward that is called as its street is not said twice.
    same = AREAS.assign(ward=pd.Series(["Broadway"] * 3, index=AREAS.index, dtype="str"))
    assert name_hotspots(frame, members, same)["H1"] == "Broadway"


def test_no_places_have_no_names():
    frame = located([(50, 50)])
    members = pd.DataFrame({"hotspot_id": pd.Series([None], index=frame.index, dtype="str")})
    assert len(name_hotspots(frame, members, AREAS)) == 0
