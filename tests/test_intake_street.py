"""Street-level files: every row is accounted for, whatever its order, and none is lost or counted twice."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.intake.accept import INSTITUTIONAL, Intake
from hotspots.intake.incidents import read_incidents
from hotspots.intake.street import COLUMNS
from hotspots.settings import Areas, Settings
from tests import intake_fixtures as fixtures
from tests.intake_fixtures import asb, row, street_file, street_text, text_file

LON_LAT = "Longitude, Latitude"


def read(folder: Path, rows, chosen: Settings | None = None) -> Intake:
    return balanced(read_incidents([street_file(folder, rows)], chosen))


def balanced(intake: Intake) -> Intake:
    """Hold an intake to the law of the row accounts, and return it."""
    accounts = intake.accounts
    assert (accounts["read"] == accounts["accepted"] + accounts["rejected"]).all()
    assert accounts["accepted"].sum() == len(intake.incidents) == len(intake.force)
    assert accounts["rejected"].sum() == len(intake.rejects)
    for frame, column in ((intake.incidents, "accepted"), (intake.rejects, "rejected")):
        per_file = frame["source_file"].value_counts().reindex(accounts.index, fill_value=0)
        assert (per_file == accounts[column]).all()
    assert list(accounts.index) == [file.name for file in intake.files]
    places = pd.concat([intake.incidents, intake.rejects])[["source_file", "source_row"]]
    assert not places.duplicated().any()
    return intake


def essence(intake: Intake) -> pd.DataFrame:
    """Return what must not depend on the order of rows and files."""
    frame = intake.incidents.drop(columns=["source_file", "source_row"])
    x, y = frame.geometry.x, frame.geometry.y
    return pd.DataFrame(frame.drop(columns="geometry")).assign(x=x, y=y, force=intake.force)


def only(rejects: pd.DataFrame) -> tuple[int, str, str | None, str | None]:
    """Return row, reason, column and value of the one reject."""
    assert len(rejects) == 1
    first = rejects.iloc[0]
    return int(first["source_row"]), first["reason"], first["column"], first["value"]


# --- one row ---------------------------------------------------------------------------------------------------------


def test_a_row_becomes_an_incident_as_it_is_written(tmp_path):
    intake = read(tmp_path, [row()])
    incident = intake.incidents.loc["a1"]
    assert incident["month"] == pd.Period("2024-01", freq="M")
    assert incident["category"] == "Robbery"
    assert incident["street"] == "High Street"
    assert incident["lsoa_published"] == "E01000001"
    assert (incident["source_file"], incident["source_row"]) == ("2024-01-met-street.csv", 2)
    assert (incident.geometry.x, incident.geometry.y) == (0.14, 51.45)
    assert not incident["time_known"]
    times = intake.incidents[["occurred_at", "occurred_until", "occurred_on", "occurred_until_on"]]
    assert times.isna().all(axis=None), "a month has no day"
    assert intake.incidents.crs.to_epsg() == 4326
    assert intake.force.to_dict() == {"a1": fixtures.MET}
    assert intake.rejects.empty
    assert intake.differ_in_place == 0
    assert intake.notes == ()


STREETS = [
    ("On or near High Street", "High Street", False),
    ("on or near  Nearby Way ", "Nearby Way", False),
    ("On or nearby Way", "On or nearby Way", False),
    ("The Way On or near It", "The Way On or near It", False),
    ("On or near Hospital", "Hospital", True),
    ("On or near SHOPPING AREA", "SHOPPING AREA", True),
    ("On or near Hospital Lane", "Hospital Lane", False),
    ("On or near ", None, False),
    ("No Location", None, False),
    ("", None, False),
]


def test_street_names_lose_their_on_or_near_and_kinds_of_place_are_flagged(tmp_path):
    rows = [row(id=f"{number:02}", street=location) for number, (location, _, _) in enumerate(STREETS)]
    incidents = read(tmp_path, rows).incidents
    streets = [name if isinstance(name, str) else None for name in incidents["street"]]
    assert list(zip(streets, incidents["institutional"], strict=True)) == [case[1:] for case in STREETS]


def test_every_kind_of_place_is_written_so_that_it_can_be_met():
    assert all(kind == kind.casefold().strip() for kind in INSTITUTIONAL)
    assert {"prison", "police station", "parking area"} <= INSTITUTIONAL


def test_hostile_text_stays_text(tmp_path):
    incidents = read(tmp_path, [row(street=text, category=text, id=text) for text in fixtures.HOSTILE]).incidents
    assert list(incidents.index) == sorted(fixtures.HOSTILE)
    assert list(incidents["street"]) == list(incidents["category"]) == list(incidents.index)


def test_a_nul_in_a_cell_becomes_the_replacement_character(tmp_path):
    rows = [row(id=f"b{number}", street="padding " * 40) for number in range(20)]
    data = street_text([*rows, row(street="High\x00 Street")]).encode()
    intake = balanced(read_incidents([text_file(tmp_path, "x.csv", data)]))
    assert intake.incidents.loc["a1", "street"] == "High\ufffd Street"


def test_only_the_wanted_columns_are_kept(tmp_path):
    assert not {"Context", "LSOA name"} & {title for spellings in COLUMNS.values() for title in spellings}
    hidden = "SECRET Jane Doe, 12 High Street"
    good = row(context=hidden, lsoa_name=hidden)
    rows = [good, row(id="b", month="x", context=hidden), good, asb(context=hidden), row(id="c", x="", context=hidden)]
    long = ",".join(["d", "2024-01", *["x"] * 9, "", "SECRET"])
    path = text_file(tmp_path, "x.csv", street_text(rows) + long + "\r\n")
    intake = balanced(read_incidents([path]))
    assert len(intake.rejects) == 4
    for field in dataclasses.fields(intake):
        value = getattr(intake, field.name)
        said = value.to_csv() if isinstance(value, pd.DataFrame | pd.Series) else str(value)
        assert "SECRET" not in said, field.name


# --- rows that cannot be used ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason", "column", "value"),
    [
        ({"x": "", "y": "", "lsoa": "", "street": "No Location"}, "no_location", LON_LAT, ""),
        ({"x": "here"}, "bad_coordinates", LON_LAT, "here, 51.450000 (not two numbers)"),
        ({"y": ""}, "bad_coordinates", LON_LAT, "0.140000,  (not two numbers)"),
        ({"y": "nan"}, "bad_coordinates", LON_LAT, "0.140000, nan (not two numbers)"),
        ({"x": "inf"}, "bad_coordinates", LON_LAT, "inf, 51.450000 (not two numbers)"),
        ({"x": "1e400"}, "bad_coordinates", LON_LAT, "1e400, 51.450000 (not two numbers)"),
        ({"x": "-1e400"}, "bad_coordinates", LON_LAT, "-1e400, 51.450000 (not two numbers)"),
        ({"y": "9" * 400}, "bad_coordinates", LON_LAT, "0.140000, " + "9" * 71 + "… (not two numbers)"),
        ({"x": "549000", "y": "175000"}, "wrong_unit", LON_LAT, "549000, 175000 (metres where degrees were expected)"),
        ({"x": "0", "y": "0.0"}, "zero_coordinates", LON_LAT, "0, 0.0"),
        (
            {"x": "51.45", "y": "0.14"},
            "swapped_axes",
            LON_LAT,
            "51.45, 0.14 (longitude and latitude look swapped)",
        ),
        ({"x": "2.35", "y": "48.85"}, "outside_great_britain", LON_LAT, "2.35, 48.85"),
        ({"month": ""}, "bad_month", "Month", ""),
        ({"month": "2024-13"}, "bad_month", "Month", "2024-13"),
        ({"month": "2024-1"}, "bad_month", "Month", "2024-1"),
        ({"month": "2024-01-01"}, "bad_month", "Month", "2024-01-01"),
        ({"month": "Jan-24"}, "bad_month", "Month", "Jan-24"),
        ({"month": "２０２４-01"}, "bad_month", "Month", "２０２４-01"),
        ({"month": "0024-01"}, "bad_month", "Month", "0024-01"),
        ({"category": ""}, "no_category", "Crime type", ""),
        ({"category": "  "}, "no_category", "Crime type", ""),
    ],
)
def test_a_row_that_cannot_be_used_is_rejected_with_reason_column_and_value(tmp_path, changes, reason, column, value):
    intake = read(tmp_path, [row(id="ok"), row(**changes)])
    assert only(intake.rejects) == (3, reason, column, value)
    assert intake.rejects["incident_id"].iloc[0] == "a1"
    assert list(intake.incidents.index) == ["ok"]


def test_the_first_fault_of_a_row_is_its_reason(tmp_path):
    intake = read(tmp_path, [row(id="ok"), row(month="x", category="", x="")])
    assert only(intake.rejects)[1] == "bad_month"


def test_zero_longitude_is_greenwich_and_no_fault(tmp_path):
    assert len(read(tmp_path, [row(x="0", y="51.47")]).incidents) == 1


def test_great_britain_is_asked_for_on_its_own_grid_only(tmp_path):
    chicago = row(x="-87.6", y="41.8")
    intake = read(tmp_path, [chicago], chosen=Settings(areas=Areas(analysis_epsg=26916)))
    assert len(intake.incidents) == 1
    with pytest.raises(InputError, match=r"None of the 1 rows .* rejected as outside_great_britain"):
        read(tmp_path, [chicago])


def test_a_short_row_is_judged_by_what_it_has(tmp_path):
    cells = [row()[key] for key in fixtures.TITLES]
    text = fixtures.table([fixtures.HEADER, [*cells[:10]], [*cells[:3]], [*cells[:10], "", "", "", ""]])
    intake = balanced(read_incidents([text_file(tmp_path, "x.csv", text)]))
    reasons = dict(zip(intake.rejects["source_row"], intake.rejects["reason"], strict=True))
    assert reasons == {3: "no_category", 4: "repeated_id"}


def test_a_row_with_more_cells_than_titles_is_no_incident_and_covers_no_month(tmp_path):
    shifted = [row()[key] for key in fixtures.TITLES]
    shifted[1:1] = ["a comma without quotes"]
    shifted[-1] = "free text"
    text = street_text([row(id="ok", month="2024-02")]) + fixtures.table([shifted])
    intake = balanced(read_incidents([text_file(tmp_path, "x.csv", text)]))
    assert only(intake.rejects)[:2] == (3, "broken_row")
    assert intake.rejects["value"].iloc[0] == "13 cells under 12 titles"
    assert list(intake.coverage["month"].astype(str)) == ["2024-02"]


def test_rejects_are_numbered_from_one_by_file_and_row(tmp_path):
    rows = [row(id="ok"), row(id="x", x=""), row(id="y", month=""), row(id="z", x="")]
    rejects = read(tmp_path, rows).rejects
    assert list(rejects.index) == [1, 2, 3]
    assert list(rejects["source_row"]) == [3, 4, 5]
    assert list(rejects["category"]) == ["Robbery"] * 3


# --- repeats ---------------------------------------------------------------------------------------------------------


def test_equal_rows_without_an_id_are_all_kept_and_counted(tmp_path):
    intake = read(tmp_path, [asb(), asb(), row(), asb(), asb(street="On or near Low Street")])
    assert len(intake.incidents) == 5
    assert intake.incidents.index.is_unique
    assert intake.rejects.empty


def test_the_key_of_a_row_without_an_id_is_the_same_in_every_run(tmp_path):
    intake = read(tmp_path, [asb(), asb()])
    # Written down once: the key must not change with the run, the machine or the library.
    assert list(intake.incidents.index) == ["no-id-4891f0d375a7e012-0", "no-id-4891f0d375a7e012-1"]


def test_without_pyarrow_which_is_no_dependency_everything_is_the_same(tmp_path):
    months = ("2024-01", "２０２４-01", "2024-01\u2028", "")
    rows = [
        asb(),
        asb(),
        row(),
        row(x="0.2"),
        row(id="n", street="No Location"),
        row(id="i", street="On or near Prison"),
    ]
    rows += [row(id=f"m{number}", month=month) for number, month in enumerate(months)]
    path = street_file(tmp_path, rows)
    here = balanced(read_incidents([path]))
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path; from hotspots.intake.incidents import read_incidents\n"
        "intake = read_incidents([Path(sys.argv[1])]); folder = Path(sys.argv[2])\n"
        "intake.incidents.to_csv(folder / 'incidents.csv'); intake.rejects.to_csv(folder / 'rejects.csv')"
    )
    subprocess.run([sys.executable, "-c", code, str(path), str(tmp_path)], check=True)
    for name in ("incidents", "rejects"):
        there = (tmp_path / f"{name}.csv").read_text(encoding="utf-8")
        assert there == getattr(here, name).to_csv()


@pytest.mark.parametrize("key", ["month", "force", "x", "y", "street", "lsoa", "category"])
def test_rows_without_an_id_that_differ_anywhere_have_other_keys(tmp_path, key):
    other = {"month": "2024-02", "force": "Kent Police", "x": "0.15", "y": "51.46"}.get(key, "Other")
    intake = read(tmp_path, [asb(), asb(**{key: other})])
    assert all(name.endswith("-0") for name in intake.incidents.index)


def test_a_located_row_is_kept_before_an_unlocated_one_which_is_the_repeat(tmp_path):
    intake = read(tmp_path, [row(x="", y=""), row()])
    assert only(intake.rejects) == (2, "repeated_id", "Crime ID", "kept: 2024-01-met-street.csv row 3")
    assert intake.differ_in_place == 1


def test_repeats_without_any_place_are_one_row_without_location(tmp_path):
    intake = read(tmp_path, [row(id="ok"), row(x="", y=""), row(x="", y="")])
    assert fixtures.counts(intake.rejects) == {"no_location": 1, "repeated_id": 1}
    assert intake.differ_in_place == 0


def test_a_place_abroad_does_not_push_out_the_place_at_home(tmp_path):
    intake = read(tmp_path, [row(x="-70", y="10"), row()])
    assert list(intake.incidents["source_row"]) == [3]
    assert only(intake.rejects)[:2] == (2, "repeated_id")


def test_a_row_with_another_fault_does_not_push_out_a_good_one(tmp_path):
    intake = read(tmp_path, [row(month="x", x="0.1"), row()])
    assert list(intake.incidents["source_row"]) == [3]
    assert only(intake.rejects)[1] == "bad_month"


@pytest.mark.parametrize(
    ("kept", "other"),
    [
        ({"x": "0.1", "y": "51.9"}, {"x": "0.2", "y": "51.1"}),
        ({"x": "-0.2"}, {"x": "-0.1"}),
        ({"x": "0.9"}, {"x": "0.10e1"}),
        ({"y": "51.1", "street": "Z"}, {"y": "51.2", "street": "A"}),
        ({"street": "A", "outcome": "Z"}, {"street": "Z", "outcome": "A"}),
        ({"outcome": "A", "month": "2024-02"}, {"outcome": "Z", "month": "2024-01"}),
        ({"month": "2024-01"}, {"month": "2024-02"}),
        ({"category": "A"}, {"category": "B"}),
        ({"lsoa": "A"}, {"lsoa": "B"}),
        ({"force": "A"}, {"force": "B"}),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_repeats_the_smallest_place_street_and_outcome_is_kept(tmp_path, kept, other, turned):
    rows = [row(**kept), row(**other)]
    intake = read(tmp_path, rows[::-1] if turned else rows)
    assert list(intake.incidents["source_row"]) == [3 if turned else 2]
    assert intake.differ_in_place == (1 if {"x", "y"} & set(kept) else 0)


def test_ids_are_compared_as_written(tmp_path):
    intake = read(tmp_path, [row(id="a"), row(id="A"), row(id=" a ")])
    assert sorted(intake.incidents.index) == ["A", "a"]


ROWS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["", "", "A", "B"]),
        "month": st.sampled_from(["2024-01", "2024-02", "x"]),
        "x": st.sampled_from(["", "0.1", "0.10", "0.2", "-50"]),
        "y": st.sampled_from(["51.4", "51.5"]),
        "street": st.sampled_from(["On or near A", "On or near B", "No Location"]),
        "lsoa": st.sampled_from(["", "E01000001"]),
        "force": st.sampled_from(["", fixtures.MET, "Kent Police"]),
        "category": st.sampled_from(["Robbery", "Drugs", ""]),
        "outcome": st.sampled_from(["", "X"]),
    },
).map(lambda changes: row(**changes))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), rows=st.lists(ROWS, min_size=1, max_size=12))
def test_the_order_of_rows_and_files_changes_nothing(data, rows):
    rows = [row(id="Z"), *rows]
    order = data.draw(st.permutations(range(len(rows))))
    homes = data.draw(st.lists(st.sampled_from("abc"), min_size=len(rows), max_size=len(rows)))
    with tempfile.TemporaryDirectory() as folder:
        one = balanced(read_incidents([street_file(Path(folder), rows, "one.csv")]))
        files = [
            street_file(Path(folder), [rows[position] for position in order if homes[position] == home], f"{home}.csv")
            for home in dict.fromkeys(homes[position] for position in order)
        ]
        # Two parts that are equal byte for byte are one file given twice, which is another law.
        several = balanced(read_incidents(files)) if len({file.read_bytes() for file in files}) == len(files) else one
    assert len(one.incidents) + len(one.rejects) == len(rows)
    pd.testing.assert_frame_equal(essence(one), essence(several))
    assert fixtures.counts(one.rejects) == fixtures.counts(several.rejects)
    assert one.differ_in_place == several.differ_in_place
    pd.testing.assert_frame_equal(one.coverage, several.coverage)
    ids = [name for name in one.incidents.index if not name.startswith("no-id-")]
    assert set(ids) <= {"A", "B", "Z"}


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_file_given_twice_is_counted_once_and_said(tmp_path):
    rows = [row(), asb(), asb(), row(id="b", month="x")]
    paths = [street_file(tmp_path, rows, "one.csv"), street_file(tmp_path, rows, "two.csv")]
    intake = balanced(read_incidents(paths))
    assert intake.accounts["accepted"].to_dict() == {"one.csv": 3, "two.csv": 0}
    assert fixtures.counts(intake.rejects) == {"repeated_file": 4, "bad_month": 1}
    repeats = intake.rejects[intake.rejects["reason"] == "repeated_file"]
    assert set(repeats["value"]) == {"one.csv"}
    assert intake.coverage["rows"].tolist() == [3]
    assert intake.notes == ("two.csv is byte for byte the file one.csv: its rows are not counted again.",)


def test_the_packed_twin_of_a_file_is_the_same_file(tmp_path):
    plain = street_file(tmp_path, [asb()], "x-street.csv")
    packed = text_file(tmp_path, "y-street.csv.gz", fixtures.gzipped(plain.read_bytes()))
    assert len(balanced(read_incidents([plain, packed])).incidents) == 1


def test_a_file_reached_twice_is_read_once(tmp_path):
    path = street_file(tmp_path / "2024-01", [row(), asb()])
    intake = balanced(read_incidents([tmp_path, path, path.parent / ".." / "2024-01"]))
    assert len(intake.files) == 1
    assert intake.accounts["read"].sum() == 2


def test_an_older_download_of_the_same_name_is_said(tmp_path):
    paths = [street_file(tmp_path / "old", [row(), asb()]), street_file(tmp_path / "new", [row(), asb(street="B")])]
    intake = balanced(read_incidents(paths))
    assert list(intake.accounts.index) == ["old/2024-01-met-street.csv", "new/2024-01-met-street.csv"]
    assert len(intake.notes) == 1
    assert "2024-01 of Metropolitan Police Service is in 2 different files" in intake.notes[0]


def test_coverage_counts_rows_per_force_and_month_rejected_ones_included(tmp_path):
    rows = [
        row(id="1"),
        row(id="1"),
        row(id="2", x=""),
        row(id="3", month="2024-02"),
        row(id="4", force="Kent Police"),
        row(id="5", force="", reported_by="Kent Police"),
        row(id="6", month="2024-99"),
    ]
    coverage = read(tmp_path, rows).coverage
    found = {(entry.force, str(entry.month)): entry.rows for entry in coverage.itertuples()}
    assert found == {(fixtures.MET, "2024-01"): 3, (fixtures.MET, "2024-02"): 1, ("Kent Police", "2024-01"): 2}


def test_a_force_missing_from_the_file_is_empty(tmp_path):
    titles = [title for title in fixtures.HEADER if title not in {"Falls within", "Reported by"}]
    cells = [row()[key] for key, title in fixtures.TITLES.items() if title in titles]
    intake = balanced(read_incidents([text_file(tmp_path, "x.csv", fixtures.table([titles, cells]))]))
    assert intake.force.to_dict() == {"a1": ""}
    assert list(intake.coverage["force"]) == [""]


def test_progress_names_each_file_before_it_is_read(tmp_path):
    street_file(tmp_path / "a", [row()], "b-street.csv")
    street_file(tmp_path / "a", [row(id="2")], "a-street.csv")
    said: list[str] = []
    read_incidents([tmp_path], progress=said.append)
    assert said == ["a-street.csv", "b-street.csv"]


def test_a_header_without_rows_beside_a_month_is_a_file_of_nothing(tmp_path):
    paths = [
        street_file(tmp_path, [], "a.csv"),
        street_file(tmp_path, [row()], "b.csv"),
        street_file(tmp_path, [], "c.csv"),
    ]
    intake = balanced(read_incidents(paths))
    assert intake.accounts["read"].to_dict() == {"a.csv": 0, "b.csv": 1, "c.csv": 0}


def test_headers_alone_are_an_error(tmp_path):
    with pytest.raises(InputError, match=r"holds no rows under its header"):
        read(tmp_path, [])


def test_no_path_is_an_error():
    with pytest.raises(InputError, match="No incidents are given"):
        read_incidents([])


def test_the_index_is_sorted_and_the_points_are_points(tmp_path):
    intake = read(tmp_path, [row(id=name) for name in "zaMb"])
    assert list(intake.incidents.index) == sorted("zaMb")
    assert isinstance(intake.incidents, gpd.GeoDataFrame)
    assert np.isfinite(intake.incidents.total_bounds).all()
    assert list(intake.force.index) == list(intake.incidents.index)
