"""Registers as people keep them: every column, row and type of a spreadsheet."""

from __future__ import annotations

import datetime as dt
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.intake.files import sha256
from hotspots.intake.sheets import (
    Sheet,
    cell_words,
    find_columns,
    new_sheet,
    read_sheet,
    with_cells,
    with_columns,
    with_row,
)
from hotspots.intake.workbooks import midnights
from hotspots.pipeline.keeping import csv_bytes
from tests.intake_fixtures import gzipped, text_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def book(path: Path, *rows: Sequence[object]) -> Path:
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    for row in rows:
        page.append(list(row))
    made.save(path)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_texts_of_every_delimiter_and_encoding(tmp_path, delimiter, encoding):
    lines = [delimiter.join(cells) for cells in (["Title", "Café"], ["Fête", "£5"], ["", ""], ["x", ""])]
    path = text_file(tmp_path, "a.csv", "\r\n".join(lines).encode(encoding))
    sheet = read_sheet(path)
    assert sheet.columns == ("Title", "Café")
    assert sheet.rows == ({"Title": "Fête", "Café": "£5"}, {"Title": "x", "Café": None})
    assert (sheet.numbers, sheet.delimiter, sheet.header_row, sheet.faults) == ((2, 4), delimiter, 1, {})
    assert (sheet.path, sheet.name, sheet.stamp) == (path, "a.csv", sha256(path.read_bytes()))


def test_a_packed_text_has_the_stamp_of_what_is_inside(tmp_path):
    assert read_sheet(text_file(tmp_path, "a.csv.gz", gzipped("t\nx\n"))).stamp == sha256(b"t\nx\n")


def test_a_workbook_keeps_its_types(tmp_path):
    row = ["x", 5, 0.25, True, dt.datetime(2024, 5, 4, 19, 30), dt.date(2024, 5, 4), dt.time(22, 30), None, "  "]
    sheet = read_sheet(book(tmp_path / "a.xlsx", list("abcdefghi"), row, [], ["", 1e20, dt.timedelta(hours=30)]))
    assert list(sheet.rows[0].values()) == [*row[:7], None, None]
    assert [type(cell) for cell in sheet.rows[0].values()][:4] == [str, int, float, bool]
    assert list(sheet.rows[1].values())[:3] == [None, 1e20, "30:00:00"]
    assert sheet.numbers == (2, 4)


def test_times_of_a_workbook_are_those_of_the_second(tmp_path):
    times = [dt.datetime(2024, 5, 4, hour, minute, 59) for hour in range(24) for minute in (0, 7, 20, 59)]
    sheet = read_sheet(book(tmp_path / "a.xlsx", ["t"], *[[moment] for moment in times]))
    assert [row["t"] for row in sheet.rows] == times


CLOCKS = ("yyyy-mm-dd h:mm:ss", "DD/MM/YYYY HH:MM", "m/d/yy h:mm", "[$-809]d mmm yyyy hh:mm;@")
DAYS = (
    "yyyy-mm-dd",
    "d mmm yyyy",
    "mm-dd-yy",
    "[$-F800]dddd, mmmm dd, yyyy",
    '"the" d mmm',
    "d \\h mmm",
    "[White]d/m/yy",
)


def test_midnight_is_a_time_where_the_cell_shows_a_clock_and_a_day_where_it_does_not(tmp_path):
    made = openpyxl.Workbook()
    hidden, page = made.worksheets[0], made.create_sheet("register")
    hidden.sheet_state = "hidden"
    for row, value in enumerate((dt.datetime(2024, 5, 11), dt.datetime(2024, 5, 11, 10)), 4):
        for column, shown in enumerate((*CLOCKS, *DAYS), 3):
            page.cell(3, column, shown)
            page.cell(row, column, value).number_format = shown
    made.save(tmp_path / "a.xlsx")
    midnight, ten = read_sheet(tmp_path / "a.xlsx").rows
    assert [midnight[shown] for shown in CLOCKS] == [dt.datetime(2024, 5, 11)] * len(CLOCKS)
    assert all(isinstance(midnight[shown], dt.datetime) for shown in CLOCKS)
    assert [(midnight[shown], type(midnight[shown])) for shown in DAYS] == [(dt.date(2024, 5, 11), dt.date)] * len(DAYS)
    assert {ten[shown] for shown in (*CLOCKS, *DAYS)} == {dt.datetime(2024, 5, 11, 10)}


def test_what_only_the_first_reader_can_read_keeps_its_days(tmp_path):
    path = book(tmp_path / "a.xlsx", ["t"], [dt.datetime(2024, 5, 11)])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    styles = parts["xl/styles.xml"].replace(b'<sz val="11" />', b'<sz val="large" />')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"xl/styles.xml": styles}).items():
            archive.writestr(name, content)
    assert [type(row["t"]) for row in read_sheet(path).rows] == [dt.date]
    assert midnights(b"no workbook") == frozenset()


def test_the_extent_that_a_workbook_names_is_not_believed(tmp_path):
    path = book(tmp_path / "a.xlsx", ["t", "u"], [None, dt.datetime(2024, 5, 11)])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {sheet: parts[sheet].replace(b'ref="A1:B2"', b'ref="A1"')}).items():
            archive.writestr(name, content)
    assert read_sheet(path).rows[0]["u"] == dt.datetime(2024, 5, 11)


def test_the_first_sheet_that_is_shown_is_read(tmp_path):
    made = openpyxl.Workbook()
    first, second = made.worksheets[0], made.create_sheet("second")
    first.append(["hidden"])
    first.sheet_state = "hidden"
    second["C3"], second["C4"] = "shown", 7
    made.save(tmp_path / "a.xlsx")
    sheet = read_sheet(tmp_path / "a.xlsx")
    assert sheet.columns == ("column 1", "column 2", "shown")
    assert (sheet.header_row, sheet.numbers, sheet.rows[0]["shown"]) == (3, (4,), 7)


def test_columns_without_a_title_are_kept_where_they_hold_something(tmp_path):
    sheet = read_sheet(text_file(tmp_path, "a.csv", "a,,b,,\n1,2,3,,\n"))
    assert sheet.columns == ("a", "column 2", "b")
    workbook = read_sheet(book(tmp_path / "a.xlsx", ["a"], ["x", "remark"]))
    assert workbook.columns == ("a", "column 2")
    assert not workbook.faults


def test_a_row_with_more_cells_than_titles_is_named(tmp_path):
    sheet = read_sheet(text_file(tmp_path, "a.csv", "a,b\n1,2\n1,2,3\n1,2,,\n1\n"))
    assert sheet.faults == {3: "3 cells under 2 titles"}
    assert sheet.rows[3] == {"a": "1", "b": None}


def test_the_mark_of_a_neutral_text_is_taken_off_again(tmp_path):
    sheet = read_sheet(text_file(tmp_path, "a.csv", "a,b,c\n'=1+1,'  @x,'tis\n'-5,',''=x\n"))
    assert [list(row.values()) for row in sheet.rows] == [["=1+1", "  @x", "'tis"], ["-5", "'", "''=x"]]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", r"a\.csv is empty"),
        ("a.csv", b"\n \n", r"a\.csv is empty"),
        (
            "a.csv",
            b'a,b\n"x,1\ny,2\n',
            r"a\.csv, row 2: not readable as CSV \(a quote is never closed\); mend that row",
        ),
        ("a.csv", b"a,b, A \n", r"a\.csv has the title 'A' in the columns 1 and 3; rename one"),
        ("a.csv", b"PK\x03\x04", "a.csv is not a CSV: it holds binary data"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "binary data"),
        ("a.csv", b"a,\x00b\n", "binary data"),
        ("a.xlsx", b"a,b\n", "a.xlsx is not a workbook"),
    ],
)
def test_what_is_no_register_is_one_clear_sentence(tmp_path, name, data, said):
    with pytest.raises(InputError, match=said):
        read_sheet(text_file(tmp_path, name, data))


def test_a_register_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv does not exist"):
        read_sheet(tmp_path / "none.csv")


def test_columns_are_found_by_any_spelling_and_the_first_one_counts(tmp_path):
    sheet = new_sheet(tmp_path / "a.csv", ["  Starts  at ", "START", "Title", "else"])
    spellings = {"starts_at": ("starts_at", "start"), "title": ("title",), "risk": ("risk",)}
    assert find_columns(sheet, spellings) == {"starts_at": "  Starts  at ", "title": "Title"}


def test_rows_and_cells_are_added_and_the_register_lent_stays_as_it_was(tmp_path):
    sheet = with_row(with_row(new_sheet(tmp_path / "a.csv", ["a"]), {"a": 1}), {"b": 2})
    assert (sheet.columns, sheet.numbers) == (("a", "b"), (2, 3))
    assert sheet.rows == ({"a": 1, "b": None}, {"a": None, "b": 2})
    changed = with_cells(sheet, 3, {"a": 5, "c": 6})
    assert changed.rows == ({"a": 1, "b": None, "c": None}, {"a": 5, "b": 2, "c": 6})
    assert sheet.rows == ({"a": 1, "b": None}, {"a": None, "b": 2})
    assert with_columns(sheet, ["a", "b"]) is sheet


@pytest.mark.parametrize(
    ("cell", "words"),
    [(None, ""), (" x ", "x"), (5, "5"), (0.5, "0.5"), (True, "true"), (dt.date(2024, 5, 4), "2024-05-04")],
)
def test_a_cell_in_words(cell, words):
    assert cell_words(cell) == words


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=8)
KEPT = TEXT.filter(lambda text: text.strip() and not text.startswith("'"))


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.lists(st.one_of(st.none(), KEPT), min_size=3, max_size=3).filter(any), max_size=5))
def test_what_is_written_as_csv_is_read_again(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("sheet")
    columns = ("a", "b", "c")
    numbers = tuple(range(2, 2 + len(rows)))
    sheet = Sheet(folder / "a.csv", columns, tuple(dict(zip(columns, row, strict=True)) for row in rows), numbers)
    (folder / "a.csv").write_bytes(csv_bytes(sheet))
    read = read_sheet(folder / "a.csv")
    assert (read.columns, read.rows) == (columns, sheet.rows)
