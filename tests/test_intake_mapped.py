"""Sources of the settings: their columns become ours, and no row is lost on the way."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspots.errors import HotspotsError, InputError
from hotspots.intake.incidents import read_incidents
from hotspots.settings import settings_from
from tests import intake_fixtures as fixtures
from tests.test_tabular import xlsx

COLUMNS = {
    "id": "Crime no",
    "date": "From",
    "until": "To",
    "category": "Offence",
    "offence_code": "HO",
    "easting": "E",
    "northing": "N",
    "street": "Street",
    "lsoa": "LSOA",
}
TITLES = ["Crime no", "From", "To", "Offence", "HO", "E", "N", "Street", "LSOA", "Victim name", "Age", "Knife"]
GOOD = {
    "Crime no": "1",
    "From": "13/05/2024 22:15",
    "To": "14/05/2024 01:00",
    "Offence": "ROBBERY",
    "HO": "34B",
    "E": "549210",
    "N": "175300",
    "Street": "Broadway",
    "LSOA": "E01000401",
    "Victim name": "Jane Roe",
    "Age": "24",
    "Knife": "Y",
}
BASE = {
    "name": "Force",
    "force": fixtures.MET,
    "columns": COLUMNS,
    "categories": {"robbery": "Robbery"},
    "flags": {"knife": "Knife", "victim_under_25": {"column": "Age", "below": 25}},
}


def line(**changes):
    return [(GOOD | changes)[title] for title in TITLES]


def read(folder, rows, titles=TITLES, document=None, **changes):
    """Read one CSV of the rows through a source with the changes; a change to none takes the setting out."""
    path = fixtures.text_file(folder, "export.csv", fixtures.table([titles, *rows] if titles else rows))
    source = {name: value for name, value in (BASE | {"path": str(path)} | changes).items() if value is not None}
    chosen = settings_from({"sources": [source], **(document or {})})
    intake = read_incidents([], chosen)
    assert (intake.accounts["read"] == intake.accounts["accepted"] + intake.accounts["rejected"]).all()
    assert len(intake.incidents) + len(intake.rejects) == intake.accounts["read"].sum()
    return intake


def reasons(intake):
    return dict(zip(intake.rejects["source_row"], intake.rejects["reason"], strict=True))


def days(intake):
    """First and last date of every incident, by source and row."""
    rows = intake.incidents.sort_values(["source_file", "source_row"])
    told = rows[["occurred_on", "occurred_until_on"]].astype("str")
    return [tuple("" if pd.isna(day) else day for day in pair) for pair in told.to_numpy().tolist()]


def test_a_row_of_an_export_becomes_an_incident(tmp_path):
    intake = read(tmp_path, [line()])
    incident = intake.incidents.iloc[0]
    assert incident.name == "Force:1"
    assert incident["occurred_at"] == pd.Timestamp("2024-05-13 22:15", tz="Europe/London")
    assert incident["occurred_until"] == pd.Timestamp("2024-05-14 01:00", tz="Europe/London")
    assert incident["time_known"]
    assert days(intake) == [("2024-05-13", "2024-05-14")]
    assert str(incident["month"]) == "2024-05"
    told = ["category", "offence_code", "flags", "street", "lsoa_published", "source", "source_file", "source_row"]
    assert incident[told].tolist() == [
        *("Robbery", "34B", "knife victim_under_25", "Broadway", "E01000401", "Force", "export.csv", 2),
    ]
    x, y = intake.incidents.to_crs(27700).geometry.iloc[0].coords[0]
    assert (x, y) == (pytest.approx(549210, abs=0.01), pytest.approx(175300, abs=0.01))
    assert list(intake.force) == [fixtures.MET]
    assert intake.flags_of == {"Force": ("knife", "victim_under_25")}
    assert intake.coverage[["force", "rows"]].to_numpy().tolist() == [[fixtures.MET, 1]]


def test_nothing_that_is_not_mapped_stays(tmp_path):
    intake = read(tmp_path, [line(), line(**{"Crime no": "2", "E": "", "Victim name": "John Doe"})])
    kept = pd.concat([pd.DataFrame(intake.incidents.drop(columns="geometry")), intake.rejects]).astype(str)
    for secret in ("Jane", "Doe", "24"):
        times = ["month", "occurred_at", "occurred_until", "occurred_on", "occurred_until_on"]
        assert not kept.drop(columns=times).isin([secret]).any(axis=None)
        assert not kept["value"].str.contains(secret).any()


@pytest.mark.parametrize(
    ("changes", "reason", "column", "value"),
    [
        ({"From": "31/06/2024"}, "bad_date", "From", "31/06/2024"),
        ({"From": ""}, "bad_date", "From", ""),
        ({"From": "yesterday"}, "bad_date", "From", "yesterday"),
        ({"To": "12/05/2024"}, "until_before_date", "To", "12/05/2024"),
        ({"Offence": ""}, "no_category", "Offence", ""),
        ({"E": "", "N": ""}, "no_location", "E, N", ""),
        ({"E": "0", "N": "0"}, "zero_coordinates", "E, N", "0, 0"),
        ({"E": "175300", "N": "549210"}, "swapped_axes", "E, N", "175300, 549210"),
        ({"E": "0.15", "N": "51.45"}, "wrong_unit", "E, N", "0.15, 51.45"),
        ({"E": "549.210", "N": "175.300"}, "wrong_unit", "E, N", "549.210, 175.300"),
        ({"E": "900000", "N": "900000"}, "outside_great_britain", "E, N", "900000, 900000"),
        ({"E": "here"}, "bad_coordinates", "E, N", "here, 175300"),
    ],
)
def test_a_fault_is_named_with_its_column_and_value(tmp_path, changes, reason, column, value):
    intake = read(tmp_path, [line(), line(**{"Crime no": "2", **changes})])
    reject = intake.rejects.iloc[0]
    assert (reject["source_row"], reject["reason"], reject["column"]) == (3, reason, column)
    assert reject["value"].startswith(value)
    assert reject["incident_id"] == "Force:2"
    assert len(intake.incidents) == 1


def test_ids_of_two_sources_are_kept_apart(tmp_path):
    path = fixtures.text_file(tmp_path, "export.csv", fixtures.table([TITLES, line(), line()]))
    two = [BASE | {"path": str(path)}, BASE | {"path": str(path), "name": "Partner"}]
    intake = read_incidents([], settings_from({"sources": two}))
    assert list(intake.incidents.index) == ["Force:1", "Partner:1"]
    assert list(intake.rejects["reason"]) == ["repeated_id", "repeated_id"]
    assert list(intake.rejects["column"]) == ["Crime no", "Crime no"]
    assert intake.accounts["source"].tolist() == ["Force", "Partner"]
    assert any("come from 2 sources (Force, Partner)" in note for note in intake.notes)


def test_a_date_without_a_time_keeps_the_month_and_invents_no_hour(tmp_path):
    intake = read(tmp_path, [line(From="13/05/2024", To=""), line(**{"Crime no": "2"})])
    dated = intake.incidents.loc["Force:1"]
    assert not dated["time_known"]
    assert pd.isna(dated["occurred_at"])
    assert pd.isna(dated["occurred_until"])
    assert dated["occurred_on"] == pd.Timestamp("2024-05-13")
    assert pd.isna(dated["occurred_until_on"])
    assert str(dated["month"]) == "2024-05"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("13/05/2024", "15/05/2024", ("2024-05-13", "2024-05-15")),
        ("13/05/2024 22:15", "15/05/2024", ("2024-05-13", "2024-05-15")),
        ("13/05/2024", "15/05/2024 07:00", ("2024-05-13", "2024-05-15")),
        ("13/05/2024", "13/05/2024", ("2024-05-13", "2024-05-13")),
        ("13/05/2024", "soon", ("2024-05-13", "")),
        ("13/05/2024", "2024-05", ("2024-05-13", "2024-05-31")),
        ("2024-05", "13/05/2024", ("", "2024-05-13")),
        ("2024-05", "", ("", "")),
    ],
)
def test_both_dates_of_a_range_are_kept(tmp_path, start, end, expected):
    intake = read(tmp_path, [line(From=start, To=end), line(**{"Crime no": "2"})])
    assert days(intake) == [expected, ("2024-05-13", "2024-05-14")]
    incident = intake.incidents.loc["Force:1"]
    assert pd.isna(incident["occurred_at"]) == (":" not in start)
    assert pd.isna(incident["occurred_until"]) == (":" not in end)


def test_a_month_that_ends_before_the_start_is_named(tmp_path):
    intake = read(tmp_path, [line(To="2024-04"), line(**{"Crime no": "2"})])
    assert reasons(intake) == {2: "until_before_date"}


DAYS_ALONE = {"id": "no", "date": "From", "until": "To", "easting": "E", "northing": "N"}
BARE = [("1", "13", "15"), ("2", "14", "14"), ("3", "16", None)]


def as_csv(clock):
    lines = [[no, f"{start}/05/2024{clock}", f"{end}/05/2024{clock}" if end else ""] for no, start, end in BARE]
    return fixtures.table([list(DAYS_ALONE.values()), *[[*each, "549210", "175300"] for each in lines]]).encode()


def as_json(clock):
    rows = [
        {"no": no, "From": f"2024-05-{start}{clock}", "To": f"2024-05-{end}{clock}" if end else None}
        for no, start, end in BARE
    ]
    return json.dumps([{**row, "E": 549210, "N": 175300} for row in rows]).encode()


def as_excel(kind):
    cells: dict[str, object] = dict(zip(("A1", "B1", "C1", "D1", "E1"), DAYS_ALONE.values(), strict=True))
    for row, (no, start, end) in enumerate(BARE, start=2):
        numbers = [(kind, 45412 + int(day)) if day else None for day in (start, end)]
        values = [no, *numbers, 549210, 175300]
        cells |= {f"{letter}{row}": value for letter, value in zip("ABCDE", values, strict=True) if value is not None}
    return xlsx({"A": cells})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", as_csv("")),
        ("a.csv", as_csv(" 00:00")),
        ("a.json", as_json("")),
        ("a.json", as_json("T00:00:00Z")),
        ("a.xlsx", as_excel("date")),
        ("a.xlsx", as_excel("stamp")),
    ],
)
def test_dates_alone_are_kept_from_every_format_and_no_hour_is_made_of_midnight(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    source = {"name": "Force", "path": str(path), "category": "Burglary", "columns": DAYS_ALONE}
    intake = read_incidents([], settings_from({"sources": [source], "areas": {"time_zone": "America/Chicago"}}))
    assert days(intake) == [("2024-05-13", "2024-05-15"), ("2024-05-14", "2024-05-14"), ("2024-05-16", "")]
    assert intake.incidents[["occurred_at", "occurred_until"]].isna().all(axis=None)
    assert not intake.incidents["time_known"].any()


@pytest.mark.parametrize("known", ["id", ""])
def test_of_rows_that_differ_in_their_dates_alone_the_order_changes_nothing(tmp_path, known):
    columns = {ours: title for ours, title in COLUMNS.items() if known or ours != "id"}
    rows = [line(From="14/05/2024", To=""), line(From="13/05/2024", To="15/05/2024"), line(From="13/05/2024", To="")]
    rows += [line(From="13/05/2024 10:00", To="14/05/2024"), line(From="13/05/2024 10:00", To="15/05/2024")]
    told = ["occurred_at", "occurred_until", "occurred_on", "occurred_until_on"]
    one, other = (read(tmp_path, each, columns=columns).incidents[told] for each in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(one, other)
    assert len(one) == (1 if known else 5)
    if known:
        assert one["occurred_on"].iloc[0] == pd.Timestamp("2024-05-13"), "the first date"
        assert one["occurred_until_on"].iloc[0] == pd.Timestamp("2024-05-14"), "and of those the first end"


def test_the_key_of_a_row_with_times_and_no_id_is_the_same_in_every_run(tmp_path):
    columns = {ours: title for ours, title in COLUMNS.items() if ours != "id"}
    # Written down once: the key must not change with the run, the machine or the library.
    assert list(read(tmp_path, [line()], columns=columns).incidents.index) == ["no-id-23a129a5d18d496f-0"]


def test_the_end_of_a_range_may_tell_what_its_start_does_not(tmp_path):
    intake = read(tmp_path, [line(From="01/05/2024 10:00", To="13/05/2024 10:00")])
    assert str(intake.incidents["month"].iloc[0]) == "2024-05"
    with pytest.raises(InputError, match=r"source 'Force'.*01/05/2024.*date_order"):
        read(tmp_path, [line(From="01/05/2024 10:00", To="02/05/2024 10:00")])
    assert len(read(tmp_path, [line(From="01/05/2024", To="02/05/2024")], date_order="dmy").incidents) == 1


def test_an_end_that_is_no_date_is_said_and_its_row_kept(tmp_path):
    intake = read(tmp_path, [line(To="soon"), line(**{"Crime no": "2"})])
    assert len(intake.incidents) == 2
    assert intake.notes == ("Force: the end of 1 rows is no date; they are kept without it.",)
    assert read(tmp_path, [line(To="")]).notes == ()


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("13/05/2024", "22:15", "2024-05-13 22:15"),
        ("2024-05-13T00:00:00", "22:15:00", "2024-05-13 22:15"),
        ("13/05/2024 00:00", "2215", "2024-05-13 22:15"),
        ("13/05/2024", "915", "2024-05-13 09:15"),
        ("13/05/2024", "", None),
    ],
)
def test_the_time_of_day_may_have_a_column_of_its_own(tmp_path, date, time, expected):
    columns = {name: title for name, title in COLUMNS.items() if name != "until"} | {"time": "To"}
    intake = read(tmp_path, [line(From=date, To=time)], columns=columns)
    incident = intake.incidents.iloc[0]
    assert incident["time_known"] == (expected is not None)
    if expected:
        assert incident["occurred_at"] == pd.Timestamp(expected, tz="Europe/London")
    assert str(incident["month"]) == "2024-05"


def test_stamps_in_utc_become_local_time_and_may_change_month(tmp_path):
    intake = read(tmp_path, [line(From="2024-07-31T23:20:00+00:00", To="")])
    incident = intake.incidents.iloc[0]
    assert str(incident["occurred_at"]) == "2024-08-01 00:20:00+01:00"
    assert str(incident["month"]) == "2024-08"
    assert incident["occurred_on"] == pd.Timestamp("2024-08-01")
    naive = read(tmp_path, [line(From="2024-07-31T23:20:00", To="")], time_zone="UTC").incidents.iloc[0]
    assert naive["occurred_at"] == incident["occurred_at"]


def test_parts_of_a_date_and_a_file_without_titles(tmp_path):
    columns = {"year": 1, "month": 2, "day": 3, "hour": 4, "minute": 5, "x": 6, "y": 7}
    rows = [["2024", "5", "3", "7", "0", "0.15", "51.45"], ["2024", "13", "3", "7", "0", "0.15", "51.45"]]
    plain = {"categories": None, "flags": None, "header_row": 0, "category": "Theft"}
    intake = read(tmp_path, rows, titles=None, columns=columns, **plain)
    assert str(intake.incidents["occurred_at"].iloc[0]) == "2024-05-03 07:00:00+01:00"
    assert reasons(intake) == {2: "bad_date"}
    assert intake.rejects["value"].iloc[0] == "2024 13 3 7 0"
    months = read(tmp_path, rows[:1], titles=None, columns={"year": 1, "month": 2, "x": 6, "y": 7}, **plain)
    assert not months.incidents["time_known"].any()
    assert days(months) == [("", "")]
    dates = read(tmp_path, rows[:1], titles=None, columns={"year": 1, "month": 2, "day": 3, "x": 6, "y": 7}, **plain)
    assert days(dates) == [("2024-05-03", "")]


def test_a_month_written_as_its_first_day_is_no_day(tmp_path):
    columns = {name: title for name, title in COLUMNS.items() if name not in {"date", "until"}} | {"month": "From"}
    incident = read(tmp_path, [line(From="2024-05-01 00:01")], columns=columns).incidents.iloc[0]
    assert (str(incident["month"]), incident["time_known"]) == ("2024-05", False)
    assert pd.isna(incident["occurred_at"])
    assert pd.isna(incident["occurred_on"])


def test_one_month_for_all_rows(tmp_path):
    columns = {name: title for name, title in COLUMNS.items() if name not in {"date", "until"}}
    intake = read(tmp_path, [line()], columns=columns, month="2024-02")
    assert str(intake.incidents["month"].iloc[0]) == "2024-02"
    assert days(intake) == [("", "")]


def test_crime_types_without_a_standard_name_stay_and_are_named(tmp_path):
    rows = [
        line(**{"Crime no": str(n)}, Offence=name)
        for n, name in enumerate(["ROBBERY", "violent-crime", "BURGLARY", "Arson", "Arson"])
    ]
    intake = read(tmp_path, rows)
    assert intake.incidents["category"].tolist() == [
        "Robbery",
        "Violence and sexual offences",
        "Burglary",
        "Arson",
        "Arson",
    ]
    assert intake.unmapped == {"Force": {"Arson": 2}}
    assert read(tmp_path, rows, categories={"ARSON": "Arson attack"}).unmapped == {}


@pytest.mark.parametrize(
    ("flag", "text", "carried"),
    [
        ("Age", "y", True),
        ("Age", "Yes", True),
        ("Age", "TRUE", True),
        ("Age", "1", True),
        ("Age", "0", False),
        ("Age", "", False),
        ("Age", "no", False),
        ({"column": "Age", "any_of": ["Gun", "Firearm"]}, "firearm", True),
        ({"column": "Age", "any_of": ["Gun"]}, "yes", False),
        ({"column": "Age", "below": 25}, "24.9", True),
        ({"column": "Age", "below": 25}, "25", False),
        ({"column": "Age", "below": 25}, "", False),
        ({"column": "Age", "below": 25}, "young", False),
        ({"column": "Age", "at_least": 18, "below": 25}, "18", True),
        ({"column": "Age", "at_least": 18, "below": 25}, "17", False),
        ({"column": "Age", "at_least": 18}, "99", True),
    ],
)
def test_flags(tmp_path, flag, text, carried):
    intake = read(tmp_path, [line(Age=text)], flags={"it": flag})
    assert intake.incidents["flags"].tolist() == ["it" if carried else ""]


def test_themes_and_weights_reach_the_incidents(tmp_path):
    weights = tmp_path / "weights.csv"
    weights.write_text("offence_code,weight\n34B,365\n", encoding="utf-8")
    document = {
        "harm": {"table": str(weights), "published_by": "x", "release": "y"},
        "themes": [{"name": "Knives", "flags": ["knife"]}, {"name": "Gangs", "offence_codes": ["34*"]}],
    }
    intake = read(tmp_path, [line(), line(**{"Crime no": "2"}, HO="", Knife="N")], document=document)
    young = "Serious violence|Serious youth violence"
    told = [f"{young}|Weapon enabled violence|Knives|Gangs", young]
    assert intake.incidents["themes"].tolist() == told
    assert intake.incidents["harm_weight"].iloc[0] == 365
    assert pd.isna(intake.incidents["harm_weight"].iloc[1])
    assert [file.role for file in intake.files] == ["incidents", "harm weights"]


def test_a_postcode_is_a_place_where_the_directory_knows_it(tmp_path):
    directory = tmp_path / "onspd.csv"
    directory.write_text("pcds,oseast1m,osnrth1m\nDA6 7LB,549210,175300\n", encoding="utf-8")
    columns = {name: title for name, title in COLUMNS.items() if name not in {"easting", "northing"}} | {
        "postcode": "E"
    }
    rows = [line(E="da67lb"), line(**{"Crime no": "2"}, E="ZZ9 9ZZ"), line(**{"Crime no": "3"}, E="")]
    intake = read(tmp_path, rows, columns=columns, postcodes=str(directory))
    assert reasons(intake) == {3: "unknown_postcode", 4: "no_location"}
    assert intake.rejects["value"].tolist()[0] == "ZZ9 9ZZ"
    assert intake.incidents.to_crs(27700).geometry.iloc[0].x == pytest.approx(549210, abs=0.01)
    assert [file.role for file in intake.files] == ["incidents", "postcodes"]


def test_a_pattern_reads_its_files_and_says_when_there_is_none(tmp_path):
    for name in ("b.csv", "a.csv", "~$a.csv"):
        fixtures.text_file(tmp_path, name, fixtures.table([TITLES, line(**{"Crime no": name})]))
    intake = read_incidents([], settings_from({"sources": [BASE | {"path": str(tmp_path / "*.csv")}]}))
    assert list(intake.accounts.index) == ["a.csv", "b.csv"]
    for missing in ("*.xlsx", "none.csv", "."):
        with pytest.raises(InputError, match=r"Source 'Force': no file .*; check its path"):
            read_incidents([], settings_from({"sources": [BASE | {"path": str(tmp_path / missing)}]}))


def test_an_equal_file_does_not_count_again(tmp_path):
    for name in ("a.csv", "b.csv"):
        fixtures.text_file(tmp_path, name, fixtures.table([TITLES, line()]))
    intake = read_incidents([], settings_from({"sources": [BASE | {"path": str(tmp_path / "*.csv")}]}))
    assert list(intake.rejects["reason"]) == ["repeated_file"]
    assert list(intake.rejects["value"]) == ["a.csv"]


def test_street_files_and_sources_are_read_together(tmp_path):
    street = fixtures.street_file(tmp_path, [fixtures.row(id="a")])
    path = fixtures.text_file(tmp_path, "export.csv", fixtures.table([TITLES, line()]))
    intake = read_incidents([street], settings_from({"sources": [BASE | {"path": str(path)}]}))
    assert sorted(intake.incidents["source"]) == ["Force", "police.uk"]
    open_data = settings_from({"sources": [{"name": "Open", "path": str(street), "format": "police.uk"}]})
    assert list(read_incidents([], open_data).incidents.index) == ["a"]


BYTES = st.one_of(
    st.binary(max_size=400),
    st.lists(st.lists(st.sampled_from([*GOOD.values(), '"', "\n", "", ";", "\x00", "é", "=1+1"]), max_size=14)).map(
        lambda rows: (",".join(TITLES) + "\n" + "\n".join(",".join(row) for row in rows)).encode("cp1252"),
    ),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=BYTES, kind=st.sampled_from(["csv", "excel", "json"]), header=st.integers(0, 2))
def test_no_byte_string_raises_anything_but_the_error_family(tmp_path, data, kind, header):
    path = tmp_path / "any"
    path.write_bytes(data)
    columns = {ours: str(number) for number, ours in enumerate(COLUMNS, start=1)} if header == 0 else COLUMNS
    source = BASE | {"path": str(path), "format": kind, "header_row": header, "columns": columns, "flags": {}}
    try:
        intake = read_incidents([], settings_from({"sources": [source]}))
    except HotspotsError:
        return
    assert len(intake.incidents) + len(intake.rejects) == intake.accounts["read"].sum()
