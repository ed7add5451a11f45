"""The tension log as people keep it: what becomes TENSIONS, what is refused, and that no reject repeats personal data."""

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from hotspots.errors import InputError
from hotspots.intake.sheets import Sheet
from hotspots.intake.tensions import TENSION_COLUMNS, read_tensions, tensions_of
from hotspots.settings import Tensions
from hotspots.tables import REJECTS, TENSIONS, check

GOOD = {
    "tension_id": "T1",
    "reported_on": "2024-05-13",
    "source": "Youth service",
    "eep": "evidenced",
    "level": "3",
    "theme": "Youth",
    "ward": "Riverside",
    "summary": "Two groups argue.",
}


def sheet(*rows, **kinds):
    columns = list(dict.fromkeys(name for row in ({**GOOD}, *rows) for name in row))
    filled = tuple({name: row.get(name) for name in columns} for row in rows)
    return Sheet(Path("tensions.csv"), tuple(columns), filled, tuple(range(2, len(rows) + 2)), **kinds)


def read(*rows, settings=None, **kinds):
    return tensions_of(sheet(*rows, **kinds), settings or Tensions())


def test_a_good_row():
    found = read(
        GOOD
        | {"response": "Visits", "review_on": "01/06/2024", "reviewed_on": "13/05/2024", "reviewed_by": "J. Bloggs"}
    )
    assert len(check(REJECTS, found.rejects)) == 0
    row = check(TENSIONS, found.tensions).loc["T1"]
    assert row.to_dict() == {
        "reported_on": pd.Timestamp("2024-05-13"),
        "source": "Youth service",
        "eep": "evidenced",
        "level": 3,
        "theme": "Youth",
        "ward": "Riverside",
        "summary": "Two groups argue.",
        "response": "Visits",
        "review_on": pd.Timestamp("2024-06-01"),
        "reviewed_on": pd.Timestamp("2024-05-13"),
        "reviewed_by": "J. Bloggs",
    }
    assert found.rows == {"T1": 2}


def test_what_is_empty_stays_empty():
    row = read(GOOD | {"response": " ", "reviewed_by": None}).tensions.loc["T1"]
    assert row[["response", "review_on", "reviewed_on", "reviewed_by"]].isna().all()
    assert len(check(TENSIONS, read().tensions)) == 0


def test_titles_as_people_write_them():
    names = {
        "tension_id": "Ref",
        "reported_on": "Date reported",
        "source": "Agency",
        "eep": "Grade",
        "summary": "Narrative",
    }
    row = {names.get(name, name.upper()): value for name, value in GOOD.items()}
    made = Sheet(Path("x.csv"), tuple(row), ({**row},), (7,))
    found = tensions_of(made, Tensions())
    assert found.tensions.index.tolist() == ["T1"]
    assert found.columns["summary"] == "Narrative"
    assert found.rows == {"T1": 7}


def test_a_missing_column_is_named():
    made = Sheet(Path("x.csv"), ("reported_on", "ward", "level"), (), ())
    with pytest.raises(
        InputError, match=r"x\.csv lacks the columns source, eep, theme, summary of a tension log; it has: rep"
    ):
        tensions_of(made, Tensions())


@pytest.mark.parametrize("name", [name for name in GOOD if name != "tension_id"])
def test_a_needed_value_that_is_empty(name):
    rejects = read(GOOD | {name: ""}).rejects
    assert rejects[["reason", "column", "source_row"]].to_numpy().tolist() == [["missing", name, 2]]


@pytest.mark.parametrize(
    ("change", "reason", "column"),
    [
        ({"reported_on": "soon"}, "bad_date", "reported_on"),
        ({"reported_on": "2024-05"}, "bad_date", "reported_on"),
        ({"review_on": "soon"}, "bad_date", "review_on"),
        ({"reviewed_on": "31/02/2024"}, "bad_date", "reviewed_on"),
        ({"review_on": "2024-05-12"}, "before_the_report", "review_on"),
        ({"reviewed_on": "2024-05-12"}, "before_the_report", "reviewed_on"),
        ({"eep": "rumour"}, "bad_eep", "eep"),
        ({"level": "7"}, "bad_level", "level"),
        ({"level": "0"}, "bad_level", "level"),
        ({"level": "1-2"}, "bad_level", "level"),
        ({"level": "3.5"}, "bad_level", "level"),
        ({"ward": "Zone 2"}, "ward_with_number", "ward"),
    ],
)
def test_a_fault_is_named_by_row_and_column(change, reason, column):
    found = read(GOOD, GOOD | {"tension_id": "T2"} | change)
    assert found.tensions.index.tolist() == ["T1"]
    row = check(REJECTS, found.rejects).iloc[0]
    assert (row["reason"], row["column"], row["source_row"], row["source_file"]) == (reason, column, 3, "tensions.csv")
    assert row["value"] == change[column]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("1", 1),
        ("6", 6),
        (" 4 ", 4),
        ("Level 2", 2),
        ("level5", 5),
        ("3.0", 3),
        ("3 - calm", 3),
        ("3: calm", 3),
        ("HIGH", 5),
    ],
)
def test_a_level_as_people_write_it(text, level):
    labels = ("none", "low", "some", "raised", "High", "critical")
    assert read(GOOD | {"level": text}, settings=Tensions(level_labels=labels)).tensions["level"].tolist() == [level]


def test_a_label_that_is_another_number_is_a_label():
    labels = ("6", "5", "4", "3", "2", "1")
    assert read(GOOD | {"level": "6"}, settings=Tensions(level_labels=labels)).tensions["level"].tolist() == [1]


def test_grades_in_capitals_and_blanks_in_text():
    row = read(GOOD | {"eep": "Potential", "summary": " a \n b "}).tensions.iloc[0]
    assert (row["eep"], row["summary"]) == ("potential", "a b")


@pytest.mark.parametrize("column", [*GOOD, "response", "Anything else"])
def test_personal_data_are_refused_in_every_column_and_not_repeated(column):
    found = read(GOOD | {column: "07700 900123"})
    assert len(found.tensions) == 0
    row = found.rejects.iloc[0]
    assert (row["reason"], row["column"], row["value"]) == ("personal_data", column, "a telephone number")
    assert "900123" not in found.rejects.to_json()


def test_a_name_may_stand_where_somebody_signs():
    assert len(read(GOOD | {"reviewed_by": "Sam Bloggs"}).tensions) == 1
    assert len(read(GOOD | {"reviewed_by": "sam@example.org"}).tensions) == 0
    assert len(read(GOOD | {"source": "Sam Bloggs"}).tensions) == 0


def test_a_column_for_personal_data_is_refused_where_it_is_filled():
    found = read(GOOD | {"Surname": "x"}, GOOD | {"tension_id": "T2"})
    assert found.tensions.index.tolist() == ["T2"]
    row = found.rejects.iloc[0]
    assert (row["column"], row["value"]) == ("Surname", "a column for personal data")


def test_names_that_the_settings_allow():
    row = GOOD | {"ward": "William Morris"}
    assert len(read(row).tensions) == 0
    assert len(read(row, settings=Tensions(not_personal=("William Morris",))).tensions) == 1


def test_a_number_in_a_workbook_is_looked_at_too():
    assert read(GOOD | {"contact": 7700900123}).rejects["reason"].tolist() == ["personal_data"]
    assert len(read(GOOD | {"cases": 7}).tensions) == 1


def test_personal_data_come_before_other_faults():
    assert read(GOOD | {"level": "9", "summary": "Mr Bloggs"}).rejects["reason"].tolist() == ["personal_data"]


def test_a_row_with_too_many_cells():
    found = read(GOOD, GOOD | {"tension_id": "T2"}, faults={3: "9 cells for 8 titles"})
    assert found.tensions.index.tolist() == ["T1"]
    assert found.rejects[["reason", "source_row"]].to_numpy().tolist() == [["too_many_cells", 3]]


def test_the_first_of_rows_with_one_id_is_kept():
    found = read(GOOD, GOOD | {"summary": "Other."})
    assert found.tensions["summary"].tolist() == ["Two groups argue."]
    assert found.rejects[["reason", "column", "value"]].to_numpy().tolist() == [["repeated_id", "tension_id", "T1"]]


def test_rows_without_an_id_get_one_that_depends_on_what_they_say():
    row = {name: value for name, value in GOOD.items() if name != "tension_id"}
    first, again = (read(row, row, row | {"summary": "Other."}) for _ in range(2))
    assert first.tensions.index.equals(again.tensions.index)
    assert len(first.rejects) == 0
    base = next(name for name, number in first.rows.items() if number == 2)
    assert {name for name, number in first.rows.items() if number in {2, 3}} == {base, f"{base}-2"}
    assert base.startswith("T-")
    other = {
        next(iter(read(row | change).rows))
        for change in ({"ward": "Market"}, {"reported_on": "2024-05-12"}, {"summary": "O"})
    }
    assert len(other | {base}) == 4
    assert list(read(row | {"level": "1"}).rows) == [base]


def test_the_table_is_sorted_by_id():
    assert read(GOOD | {"tension_id": "T9"}, GOOD | {"tension_id": "T3"}).tensions.index.tolist() == ["T3", "T9"]


def test_files_of_both_kinds_are_read(tmp_path):
    text = tmp_path / "tensions.csv"
    text.write_text(";".join(GOOD) + "\n" + ";".join(GOOD.values()) + "\n", encoding="cp1252")
    assert read_tensions(text, Tensions()).tensions.index.tolist() == ["T1"]
    book = openpyxl.Workbook()
    page: Any = book.active
    page.append(list(GOOD))
    page.append(
        [*list(GOOD.values())[:1], dt.datetime(2024, 5, 13), *list(GOOD.values())[2:4], 3, *list(GOOD.values())[5:]]
    )
    book.save(tmp_path / "tensions.xlsx")
    found = read_tensions(tmp_path / "tensions.xlsx", Tensions())
    pd.testing.assert_frame_equal(found.tensions, read_tensions(text, Tensions()).tensions)


def test_the_columns_of_a_new_log_are_those_of_the_table():
    assert sorted(TENSION_COLUMNS) == sorted(["tension_id", *TENSIONS.columns])
