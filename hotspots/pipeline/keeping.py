"""Keep a register: written whole or not at all, with a backup a day, and never over what somebody else changed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from hotspots.errors import InputError, OutputError
from hotspots.files import locked, neutral, replace_file
from hotspots.intake.files import exists, sha256
from hotspots.intake.sheets import Cell, Sheet, cell_words, read_sheet
from hotspots.intake.workbooks import shows_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

KEPT = (".csv", ".xlsx")
"""Endings of registers that can be written."""

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What no XML can hold."""
_LONGEST = 32_767
"""Letters that a cell of a workbook holds."""
_TITLE_WIDTH = 18
_TEXT_WIDTH = 60


def save_sheet(sheet: Sheet, today: dt.date) -> Path | None:
    """Write a register in the place of the file it was read from, or as a new one.

    Parameters
    ----------
    sheet
        The register. As CSV it is UTF-8 with its mark and no text can run as a formula; of a workbook only the cells
        that differ are written, so that other sheets, widths, formats and comments stay.
    today
        For the name of the backup.

    Returns
    -------
    Path or None
        The backup, ``events.2024-05-13.csv``, that holds the file as it was before the first change of the day; none
        where there was no file, or today's backup is there already.

    Raises
    ------
    InputError
        The register cannot be read again.
    OutputError
        The file changed since it was read, is open in a spreadsheet, holds what cannot be kept, or cannot be written.
    """
    with locked(sheet.path):
        return _save(sheet, today)


def edit_sheet(path: Path, change: Callable[[Sheet], Sheet], today: dt.date) -> Sheet:
    """Read a register, change it and write it, so that two programs that do so at once lose nothing.

    Parameters
    ----------
    path
        The register.
    change
        Makes the new register of the old one; what it raises is passed on, and nothing is written.
    today
        For the name of the backup.

    Returns
    -------
    Sheet
        The register as it was written.

    Raises
    ------
    InputError
        The register is missing or cannot be read.
    OutputError
        As of ``save_sheet``.
    """
    if not exists(path):
        raise InputError(f"The file {path} does not exist; check the path.")
    with locked(path):
        changed = change(read_sheet(path))
        _save(changed, today)
        return read_sheet(path)


def register_at(given: Path | None, name: str, folder: Path) -> Path:
    """Return the register to use: the one given, else ``name.csv`` or ``name.xlsx`` of a folder, whichever exists.

    Parameters
    ----------
    given
        Path that was asked for; it need not exist.
    name
        Name without its ending, such as ``events``.
    folder
        Where to look.

    Raises
    ------
    InputError
        There is none, or there are both.
    """
    if given is not None:
        return given
    found = [path for path in (folder / f"{name}{ending}" for ending in KEPT) if exists(path)]
    if len(found) > 1:
        raise InputError(
            f"There are both {name}.csv and {name}.xlsx; move one of them away, or say which is meant with --{name}."
        )
    if not found:
        raise InputError(
            f"There is no {name}.csv or {name}.xlsx here; make one with hotspots {name} template, or give --{name}."
        )
    return found[0]


def workbook_bytes(sheets: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Cell]]]]) -> bytes:
    """Return a new workbook.

    Parameters
    ----------
    sheets
        Name of a sheet → its titles and its rows; titles are bold and stay in view.

    Returns
    -------
    bytes
        An .xlsx; text is text, whatever it begins with.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - only where a workbook is written
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook()
    for position, (name, (titles, rows)) in enumerate(sheets.items()):
        page: Any = book.active if position == 0 else book.create_sheet()
        page.title = name
        page.freeze_panes = "A2"
        for column, title in enumerate(titles, 1):
            _put(page, 1, column, title)
            page.cell(1, column).font = Font(bold=True)
            widest = max([len(cell_words(row[column - 1])) for row in rows], default=0)
            page.column_dimensions[get_column_letter(column)].width = min(max(_TITLE_WIDTH, widest + 2), _TEXT_WIDTH)
        for number, row in enumerate(rows, 2):
            for column, cell in enumerate(row, 1):
                _put(page, number, column, cell)
                if len(cell_words(cell)) > _TEXT_WIDTH:
                    page.cell(number, column).alignment = Alignment(wrap_text=True, vertical="top")
    return _bytes_of(book)


def csv_bytes(sheet: Sheet) -> bytes:
    """Return a register as CSV: UTF-8 with its mark, its own delimiter, text that cannot run as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=sheet.delimiter, lineterminator="\n")
    writer.writerow([_text(title) for title in sheet.columns])
    writer.writerows([[_text(row[title]) for title in sheet.columns] for row in sheet.rows])
    return ("\ufeff" + buffer.getvalue()).encode("utf-8", errors="replace")


def _save(sheet: Sheet, today: dt.date) -> Path | None:
    """Write a register whose lock is held."""
    path = sheet.path
    ending = path.suffix.casefold()
    if ending not in KEPT:
        raise OutputError(f"{path.name} cannot be written; save the register as .csv or .xlsx.")
    _refuse_open(path)
    try:
        before = path.read_bytes() if path.exists() else None
    except OSError as error:
        raise OutputError(f"{path} cannot be read ({error.strerror or error}); check the path.") from error
    if (sheet.stamp or None) != (None if before is None else sha256(before)):
        raise OutputError(f"{path} was changed by somebody else since it was read; run the same command again.")
    if before is None:
        titles, rows = sheet.columns, [[row[title] for title in sheet.columns] for row in sheet.rows]
        data = csv_bytes(sheet) if ending == ".csv" else workbook_bytes({path.stem: (titles, rows)})
        replace_file(path, data)
        return None
    if sheet.faults:
        number, said = next(iter(sheet.faults.items()))
        raise OutputError(f"{path.name}, row {number}: {said}; mend that row first, or it would lose cells.")
    data = csv_bytes(sheet) if ending == ".csv" else _changed_workbook(sheet, before)
    backup = path.with_name(f"{path.stem}.{today:%Y-%m-%d}{path.suffix}")
    new = not exists(backup)
    if new:
        replace_file(backup, before)
    replace_file(path, data)
    return backup if new else None


def _refuse_open(path: Path) -> None:
    """Refuse a file beside which a spreadsheet laid the mark that it holds it."""
    for mark in (f"~${path.name}", f".~lock.{path.name}#"):
        if exists(path.with_name(mark)):
            raise OutputError(
                f"{path} is open in a spreadsheet; close it there, then run the same command again. (If it is open "
                f"nowhere, delete {mark} beside it.)"
            )


def _changed_workbook(sheet: Sheet, before: bytes) -> bytes:
    """Return the workbook of those bytes with the cells changed in which the register differs from it."""
    from openpyxl import load_workbook  # noqa: PLC0415 - only where a workbook is written

    _refuse_drawings(sheet.path.name, before)
    old = read_sheet(sheet.path)
    try:
        book = load_workbook(io.BytesIO(before), rich_text=True)
        shown = [page for page in book.worksheets if page.sheet_state == "visible"]
        page = (shown or book.worksheets)[0]
    except Exception as error:  # openpyxl meets damage with errors not meant as such
        raise OutputError(f"{sheet.path.name} cannot be kept as it is ({error}); save it again in Excel.") from error
    places = {title: place for place, title in enumerate(_all_titles(sheet, old), 1)}
    _refuse_formulas(page, sheet.path.name, old, places)
    for title in sheet.columns[len(old.columns) :]:
        _put(page, sheet.header_row, places[title], title)
    were = dict(zip(old.numbers, old.rows, strict=True))
    now = dict(zip(sheet.numbers, sheet.rows, strict=True))
    for number in sorted({*were, *now}):
        for title, place in places.items():
            value = now.get(number, {}).get(title)
            if value != were.get(number, {}).get(title):
                _put(page, number, place, value)
    _grow_tables(page, sheet.header_row, max([sheet.header_row, *now]), len(places))
    return _bytes_of(book)


def _all_titles(sheet: Sheet, old: Sheet) -> tuple[str, ...]:
    if sheet.columns[: len(old.columns)] != old.columns:
        raise OutputError(f"{sheet.path.name} has other columns now; columns are only added on the right.")
    return sheet.columns


def _refuse_drawings(name: str, data: bytes) -> None:
    """Refuse a workbook with pictures or charts, which would be lost: openpyxl does not read them all."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(member.startswith(("xl/charts/", "xl/media/", "xl/drawings/drawing")) for member in archive.namelist()):
            raise OutputError(
                f"{name} holds pictures or charts, which writing it here would lose; move them to another workbook, "
                "or edit the register in Excel."
            )


def _refuse_formulas(page: Worksheet, name: str, old: Sheet, places: Mapping[str, int]) -> None:
    """Refuse a table with formulas, whose values would be gone until Excel opens the file again."""
    for number in old.numbers:
        for title, place in places.items():
            if page.cell(number, place).data_type == "f":
                raise OutputError(
                    f"{name}, row {number}, column {title}: a formula, whose value would be lost; put its value in its "
                    "place, or edit the register in Excel."
                )


def _grow_tables(page: Worksheet, header_row: int, last: int, width: int) -> None:
    """Let Excel's own table around the register reach to its last row and column, and its filter with it."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - only where a workbook is written
    from openpyxl.worksheet.cell_range import CellRange  # noqa: PLC0415

    for table in page.tables.values():
        area = CellRange(table.ref)
        if area.min_row != header_row or area.max_row >= last or table.totalsRowCount or area.max_col > width:
            continue
        table.ref = f"{get_column_letter(area.min_col)}{area.min_row}:{get_column_letter(area.max_col)}{last}"
        if table.autoFilter is not None:
            table.autoFilter.ref = table.ref


def _put(page: Worksheet, row: int, column: int, value: Cell) -> None:
    """Write a cell; text stays text, whatever it begins with."""
    cell = page.cell(row, column)
    if not isinstance(value, str):
        cell.value = value
        # What the cell held before left its format: a clock that is not shown is lost at 00:00.
        if isinstance(value, dt.date) and isinstance(value, dt.datetime) != shows_clock(cell.number_format):
            cell.number_format = "yyyy-mm-dd h:mm:ss" if isinstance(value, dt.datetime) else "yyyy-mm-dd"
        return
    # What no workbook can hold becomes a mark, and a text too long for a cell ends there.
    cell.value = _UNWRITABLE.sub("\ufffd", value.encode("utf-8", errors="replace").decode("utf-8"))[:_LONGEST]
    cell.data_type = "s"


def _bytes_of(book: Any) -> bytes:  # noqa: ANN401
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _text(cell: Cell) -> str:
    """Return a cell as a CSV holds it: dates as a spreadsheet knows them again, numbers as they are."""
    if isinstance(cell, dt.datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}" if cell.second else f"{cell:%Y-%m-%d %H:%M}"
    if not isinstance(cell, str):
        return cell_words(cell)
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return text if _NUMBER.fullmatch(text) else str(neutral(text))
