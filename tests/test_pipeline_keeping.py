"""Registers are written whole or not at all, with a backup a day, and never over what somebody else changed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table

from hotspots.errors import InputError, OutputError
from hotspots.files import locked
from hotspots.intake.sheets import new_sheet, read_sheet, with_cells, with_columns, with_row
from hotspots.pipeline.keeping import csv_bytes, edit_sheet, register_at, save_sheet, workbook_bytes
from tests.intake_fixtures import text_file

if TYPE_CHECKING:
    from pathlib import Path

    from hotspots.intake.sheets import Cell

DAY = dt.date(2024, 5, 13)
MOMENT = dt.datetime(2024, 5, 4, 19, 30)


def register(folder: Path, ending: str = ".csv") -> Path:
    path = folder / f"events{ending}"
    save_sheet(with_row(new_sheet(path, ["title", "mine"]), {"title": "Fair", "mine": "=1+1"}), DAY)
    return path


# --- text ------------------------------------------------------------------------------------------------------------


def test_a_register_is_written_with_its_mark_its_delimiter_and_neutral_text(tmp_path):
    path = text_file(tmp_path, "events.csv", "title;mine;n\nFête;'=1+1;-5,5\n".encode("cp1252"))
    row = {"title": "=cmd", "mine": "two\r\nlines", "n": "-0.25"}
    save_sheet(with_row(read_sheet(path), row), DAY)
    assert path.read_bytes() == ("\ufefftitle;mine;n\nFête;'=1+1;'-5,5\n'=cmd;\"two\nlines\";-0.25\n".encode())
    assert read_sheet(path).rows[0] == {"title": "Fête", "mine": "=1+1", "n": "-5,5"}


@pytest.mark.parametrize("number", ["-5", "+5", "-0.25", "1e5", "-1.5E-7"])
def test_a_number_is_no_formula(tmp_path, number):
    assert csv_bytes(with_row(new_sheet(tmp_path / "a.csv", ["n"]), {"n": number})) == f"\ufeffn\n{number}\n".encode()


def test_times_are_written_as_a_spreadsheet_knows_them(tmp_path):
    cells: list[Cell] = [MOMENT, MOMENT.replace(second=5), MOMENT.date(), MOMENT.time(), True, 5, 0.5, None]
    sheet = new_sheet(tmp_path / "a.csv", [str(place) for place in range(len(cells))])
    text = csv_bytes(with_row(sheet, {str(place): cell for place, cell in enumerate(cells)})).decode("utf-8-sig")
    assert text.splitlines()[1] == "2024-05-04 19:30,2024-05-04 19:30:05,2024-05-04,19:30:00,true,5,0.5,"


# --- who may write ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_the_first_change_of_a_day_keeps_a_backup(tmp_path, ending):
    path = register(tmp_path, ending)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    before = path.read_bytes()
    backup = save_sheet(with_row(read_sheet(path), {"title": "Show"}), DAY)
    assert backup is not None
    assert backup == tmp_path / f"events.2024-05-13{ending}"
    assert backup.read_bytes() == before
    assert save_sheet(with_row(read_sheet(path), {"title": "Third"}), DAY) is None
    assert backup.read_bytes() == before
    assert save_sheet(read_sheet(path), DAY + dt.timedelta(days=1)) == tmp_path / f"events.2024-05-14{ending}"
    assert [row["title"] for row in read_sheet(path).rows] == ["Fair", "Show", "Third"]
    assert not [found for found in tmp_path.iterdir() if found.name.startswith(".")]


def test_a_register_that_changed_since_it_was_read_is_not_overwritten(tmp_path):
    path = register(tmp_path)
    read = read_sheet(path)
    path.write_text("title,mine\nby hand,\n", encoding="utf-8")
    with pytest.raises(OutputError, match=r"events\.csv was changed by somebody else since it was read; run the same"):
        save_sheet(read, DAY)
    with pytest.raises(OutputError, match="was changed by somebody else"):
        save_sheet(new_sheet(path, ["title"]), DAY)
    path.unlink()
    with pytest.raises(OutputError, match="was changed by somebody else"):
        save_sheet(read, DAY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mark", ["~${}", ".~lock.{}#"])
def test_a_register_that_a_spreadsheet_holds_open_is_not_written(tmp_path, mark):
    path = register(tmp_path, ".xlsx")
    before = path.read_bytes()
    (tmp_path / mark.format(path.name)).touch()
    with pytest.raises(OutputError, match=r"events\.xlsx is open in a spreadsheet; close it there"):
        save_sheet(read_sheet(path), DAY)
    assert path.read_bytes() == before


def test_a_register_that_another_run_holds_is_waited_for(tmp_path):
    path = register(tmp_path)
    read, done = read_sheet(path), threading.Event()

    def save() -> None:
        save_sheet(read, DAY)
        done.set()

    with locked(path):
        thread = threading.Thread(target=save)
        thread.start()
        assert not done.wait(0.3)
    thread.join()
    assert done.is_set()


@pytest.mark.parametrize("name", ["events.ods", "events.csv.gz", "events.xlsm", "events"])
def test_other_formats_are_not_written(tmp_path, name):
    with pytest.raises(OutputError, match=r"cannot be written; save the register as \.csv or \.xlsx"):
        save_sheet(new_sheet(tmp_path / name, ["a"]), DAY)


def test_a_row_whose_cells_cannot_be_told_apart_stops_the_writing(tmp_path):
    path = text_file(tmp_path, "events.csv", "a,b\n1,2,3\n")
    with pytest.raises(OutputError, match=r"events\.csv, row 2: 3 cells under 2 titles; mend that row first"):
        save_sheet(read_sheet(path), DAY)
    assert path.read_text(encoding="utf-8") == "a,b\n1,2,3\n"


def test_what_a_change_raises_is_passed_on_and_nothing_is_written(tmp_path):
    path = register(tmp_path)
    before = path.read_bytes()

    def change(_sheet):
        raise InputError("no such row")

    with pytest.raises(InputError, match="no such row"):
        edit_sheet(path, change, DAY)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_missing_register_is_named_and_nothing_is_made(tmp_path):
    with pytest.raises(InputError, match=r"events\.csv does not exist"):
        edit_sheet(tmp_path / "no" / "events.csv", lambda sheet: sheet, DAY)
    assert list(tmp_path.iterdir()) == []


def test_an_edit_returns_what_was_written(tmp_path):
    path = register(tmp_path)
    sheet = edit_sheet(path, lambda sheet: with_row(sheet, {"title": "Show"}), DAY)
    assert sheet == read_sheet(path)
    assert sheet.rows[1]["title"] == "Show"


ADD = """
import datetime, pathlib, sys
from hotspots.intake.sheets import with_row
from hotspots.pipeline.keeping import edit_sheet
path, who, count = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
number = 0
while number < count:
    edit_sheet(path, lambda sheet: with_row(sheet, {"title": f"{who}{number}"}), datetime.date(2024, 5, 13))
    number += 1
"""


def adding(path: Path, who: str, count: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", ADD, str(path), who, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_two_processes_that_add_at_once_lose_nothing(tmp_path, ending):
    path = register(tmp_path, ending)
    both = [adding(path, who, 12) for who in "ab"]
    for process in both:
        process.communicate("go\n")
        assert process.returncode == 0
    titles = [row["title"] for row in read_sheet(path).rows]
    assert sorted(map(str, titles)) == sorted(["Fair", *(f"{who}{number}" for who in "ab" for number in range(12))])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_kill_while_writing_leaves_the_old_or_the_new_register(tmp_path, ending):
    path = register(tmp_path, ending)
    rows = 1
    for turn in range(4):
        process = adding(path, "x", 100_000)
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        end = time.monotonic() + 20
        while len(read_sheet(path).rows) <= rows and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(0.013 * turn)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        sheet = read_sheet(path)
        assert sheet.columns == ("title", "mine")
        assert len(sheet.rows) > rows
        assert all(row["title"] for row in sheet.rows)
        rows = len(sheet.rows)
    edit_sheet(path, lambda sheet: with_row(sheet, {"title": "after"}), DAY)
    assert read_sheet(path).rows[-1]["title"] == "after"
    assert sorted(found.name for found in tmp_path.iterdir()) == [f"events.2024-05-13{ending}", path.name]


# --- workbooks -------------------------------------------------------------------------------------------------------


def workbook(folder: Path) -> Path:
    made = openpyxl.Workbook()
    page = made.worksheets[0]
    page.title = "Register"
    page["A2"], page["B2"], page["C2"], page["D2"] = "title", "starts_at", "likelihood", "my own"
    page["A3"], page["B3"], page["C3"], page["D3"] = "Fair", MOMENT, 4, 0.5
    page["A4"], page["D4"] = "Show", dt.date(2024, 6, 1)
    page["A3"].font = Font(bold=True)
    page["A3"].comment = Comment("ask again", "me")
    page["D3"].number_format = "0.0%"
    page["D3"].fill = PatternFill("solid", fgColor="00FFFF00")
    page.column_dimensions["A"].width = 41.5
    page.add_table(Table(displayName="Events", ref="A2:D4"))
    other = made.create_sheet("Contacts")
    other["A1"] = "=1+1"
    made.save(folder / "events.xlsx")
    return folder / "events.xlsx"


def test_a_workbook_keeps_everything_that_was_not_changed(tmp_path):
    path = workbook(tmp_path)
    before = read_sheet(path)
    changed = with_cells(
        with_row(before, {"title": "=cmd", "starts_at": MOMENT, "likelihood": 2}), 3, {"likelihood": 5}
    )
    save_sheet(with_cells(with_columns(changed, ["owner"]), 4, {"owner": "Licensing", "my own": None}), DAY)
    sheet = read_sheet(path)
    assert sheet.columns == ("title", "starts_at", "likelihood", "my own", "owner")
    assert sheet.numbers == (3, 4, 5)
    assert [list(row.values()) for row in sheet.rows] == [
        ["Fair", MOMENT, 5, 0.5, None],
        ["Show", None, None, None, "Licensing"],
        ["=cmd", MOMENT, 2, None, None],
    ]
    page, other = openpyxl.load_workbook(path).worksheets
    assert (page.title, other.title, other["A1"].value) == ("Register", "Contacts", "=1+1")
    assert page["A3"].font.bold
    assert page["A3"].comment.text == "ask again"
    assert (page["D3"].number_format, page["D3"].fill.fgColor.rgb) == ("0.0%", "00FFFF00")
    assert page.column_dimensions["A"].width == pytest.approx(41.5)
    assert page["A5"].data_type == "s"
    assert page["B5"].is_date
    assert page.tables["Events"].ref == "A2:D5"


def test_a_round_trip_keeps_every_column_type_and_date(tmp_path):
    path = workbook(tmp_path)
    before = read_sheet(path)
    save_sheet(before, DAY)
    after = read_sheet(path)
    assert (after.columns, after.rows, after.numbers) == (before.columns, before.rows, before.numbers)
    types = [[type(cell) for cell in row.values()] for row in after.rows]
    assert types == [[str, dt.datetime, int, float], [str, type(None), type(None), dt.date]]


MIDNIGHT, NOON, A_DAY = dt.datetime(2024, 5, 11), dt.datetime(2024, 5, 11, 12), dt.date(2024, 5, 11)


@pytest.mark.parametrize("before", [MIDNIGHT, NOON, A_DAY, "soon", None, 7])
@pytest.mark.parametrize("after", [MIDNIGHT, NOON, A_DAY])
def test_midnight_stays_midnight_and_a_day_a_day_whatever_the_cell_held(tmp_path, before, after):
    path = tmp_path / "events.xlsx"
    save_sheet(with_row(new_sheet(path, ["title", "ends_at"]), {"title": "Gig", "ends_at": before}), DAY)
    save_sheet(with_cells(read_sheet(path), 2, {"ends_at": after}), DAY)
    cell = read_sheet(path).rows[0]["ends_at"]
    assert (cell, type(cell)) == (after, type(after))


def test_a_format_of_ones_own_that_fits_is_kept(tmp_path):
    path = workbook(tmp_path)
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["B3"].number_format = "dd/mm/yyyy hh:mm"
    book.save(path)
    save_sheet(with_cells(read_sheet(path), 3, {"starts_at": MIDNIGHT}), DAY)
    assert openpyxl.load_workbook(path).worksheets[0]["B3"].number_format == "dd/mm/yyyy hh:mm"


def test_what_no_workbook_can_hold_becomes_a_mark_and_a_long_text_ends(tmp_path):
    path = register(tmp_path, ".xlsx")
    save_sheet(with_row(read_sheet(path), {"title": "a\x0bb\ud800", "mine": "x" * 40_000}), DAY)
    row = read_sheet(path).rows[1]
    assert (row["title"], len(str(row["mine"]))) == ("a\ufffdb?", 32_767)


def test_rows_that_are_gone_are_emptied(tmp_path):
    path = workbook(tmp_path)
    sheet = read_sheet(path)
    save_sheet(dataclasses.replace(sheet, rows=sheet.rows[1:], numbers=sheet.numbers[1:]), DAY)
    assert [row["title"] for row in read_sheet(path).rows] == ["Show"]


def test_formulas_in_the_table_are_not_lost(tmp_path):
    path = workbook(tmp_path)
    made = openpyxl.load_workbook(path)
    made.worksheets[0]["C4"] = "=1+1"
    made.save(path)
    with pytest.raises(
        OutputError, match=r"events\.xlsx, row 4, column likelihood: a formula, whose value would be lost"
    ):
        save_sheet(read_sheet(path), DAY)


def test_a_chart_is_not_lost(tmp_path):
    path = workbook(tmp_path)
    made = openpyxl.load_workbook(path)
    chart = BarChart()
    chart.add_data(Reference(made.worksheets[0], min_col=3, min_row=2, max_row=4))
    made.worksheets[1].add_chart(chart, "C3")
    made.save(path)
    with pytest.raises(OutputError, match=r"events\.xlsx holds pictures or charts, which writing it here would lose"):
        save_sheet(read_sheet(path), DAY)


def test_columns_in_another_order_are_refused(tmp_path):
    sheet = read_sheet(workbook(tmp_path))
    with pytest.raises(OutputError, match="has other columns now; columns are only added on the right"):
        save_sheet(dataclasses.replace(sheet, columns=sheet.columns[::-1]), DAY)


def test_a_new_workbook_has_bold_titles_in_view_and_wrapped_texts():
    data = workbook_bytes({"one": (("a", "b"), [("=x", "y" * 100)]), "two": (("c",), [])})
    one, two = openpyxl.load_workbook(io.BytesIO(data)).worksheets
    assert (one.title, two.title, one.freeze_panes, one["A1"].font.bold) == ("one", "two", "A2", True)
    assert (one["A2"].value, one["A2"].data_type) == ("=x", "s")
    assert (one["B2"].alignment.wrap_text, one["A2"].alignment.wrap_text) == (True, None)
    assert (one.column_dimensions["A"].width, one.column_dimensions["B"].width) == (18, 60)


# --- which register --------------------------------------------------------------------------------------------------


def test_the_register_of_a_folder_is_the_one_that_exists(tmp_path):
    with pytest.raises(InputError, match=r"There is no events\.csv or events\.xlsx here; .*hotspots events template"):
        register_at(None, "events", tmp_path)
    assert register_at(tmp_path / "other.csv", "events", tmp_path) == tmp_path / "other.csv"
    (tmp_path / "events.xlsx").touch()
    assert register_at(None, "events", tmp_path) == tmp_path / "events.xlsx"
    (tmp_path / "events.csv").touch()
    with pytest.raises(InputError, match=r"both events\.csv and events\.xlsx; move one of them away, .*--events"):
        register_at(None, "events", tmp_path)
