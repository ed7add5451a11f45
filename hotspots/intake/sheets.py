"""A register as people keep it: every column and row of a spreadsheet, unknown ones too, so that it can be kept on."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from hotspots.errors import InputError
from hotspots.intake.delimited import Records, guess_delimiter, misfit
from hotspots.intake.files import decode, sha256, shown_name, unpack
from hotspots.intake.workbooks import OLD_MARK, ZIP_MARK, cell_text, midnights, sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from hotspots.intake.delimited import Row

Cell: TypeAlias = str | int | float | bool | dt.datetime | dt.date | dt.time | None
"""What a cell holds; none: nothing. A date with a clock is a ``datetime``, local and without a zone."""

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
"""Endings of names that mean a workbook; any other is a text."""

_GZIP_MARK = b"\x1f\x8b"
_FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001 - as hotspots.files writes them
_WHOLE = 1e15
"""Beyond 15 digits a spreadsheet does not tell whole numbers apart any more."""
_HALF_A_SECOND = dt.timedelta(milliseconds=500)


@dataclass(frozen=True)
class Sheet:
    """A table as a spreadsheet holds it."""

    path: Path
    columns: tuple[str, ...]
    """Every title as it is written, in the order of the file; each is there once."""
    rows: tuple[dict[str, Cell], ...]
    """Title → cell, every title in every row; rows without anything are passed over."""
    numbers: tuple[int, ...]
    """The row's number as a spreadsheet shows it."""
    stamp: str = ""
    """SHA-256 of the bytes read; empty where there is no file."""
    delimiter: str = ","
    """Of a text."""
    header_row: int = 1
    """Where the titles stand."""
    faults: Mapping[int, str] = field(default_factory=dict)
    """Row number → why its cells cannot be told apart, in words."""

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return shown_name(self.path)


def read_sheet(path: Path) -> Sheet:
    """Read a register with all its columns.

    Parameters
    ----------
    path
        Text with comma, semicolon or tab, in UTF-8 with or without its mark or in Windows-1252, also as ``.gz``; or a
        workbook, of which the first sheet that is shown is read.

    Returns
    -------
    Sheet
        Of a text every cell is text, as it was before ``hotspots.files.neutral``; of a workbook whole numbers, numbers,
        dates, times and truth values stay what they are, and of a formula there is its value. A date at 00:00 is a
        time where its cell shows a clock (.xlsx and .xlsm), else a day.

    Raises
    ------
    InputError
        The file is missing, empty, or no table, has a title twice, or a row whose quotes do not match.
    """
    data = unpack(path)
    name = shown_name(path)
    if name.casefold().removesuffix(".gz").endswith(WORKBOOKS):
        rows, _ = sheet_rows(data, name, "")
        delimiter = ","
        found = _with_midnights([(number, [*map(_typed, cells)], fault) for number, cells, fault in rows], data)
    else:
        text = _decoded(data, name)
        delimiter = guess_delimiter(text, 1)
        found = [(number, list(map(_plain, cells)), "") for number, cells in _records(text, delimiter, name)]
    if not found:
        raise InputError(f"{name} is empty; a table with a row of titles was expected.")
    header_row, header, _ = found[0]
    workbook = delimiter == "," and name.casefold().removesuffix(".gz").endswith(WORKBOOKS)
    columns = _titles([cell_words(cell) for cell in header], found[1:], name, grow=workbook)
    width = len(columns)
    kept = [(number, cells) for number, cells, _ in found[1:] if any(cell is not None for cell in cells)]
    return Sheet(
        path,
        tuple(columns),
        tuple(dict(zip(columns, [*cells[:width], *[None] * (width - len(cells))], strict=True)) for _, cells in kept),
        tuple(number for number, _ in kept),
        sha256(data),
        delimiter,
        header_row,
        {
            number: misfit(len(cells), width)
            for number, cells in kept
            if any(cell_words(cell) for cell in cells[width:])
        },
    )


def new_sheet(path: Path, columns: Iterable[str]) -> Sheet:
    """Return an empty register that is no file yet."""
    return Sheet(path, tuple(columns), (), ())


def with_row(sheet: Sheet, values: Mapping[str, Cell]) -> Sheet:
    """Return the register with one more row below the others; columns that it lacks are added on the right."""
    grown = with_columns(sheet, values)
    row = {column: values.get(column) for column in grown.columns}
    number = max([sheet.header_row, *sheet.numbers]) + 1
    return dataclasses.replace(grown, rows=(*grown.rows, row), numbers=(*grown.numbers, number))


def with_cells(sheet: Sheet, number: int, values: Mapping[str, Cell]) -> Sheet:
    """Return the register with some cells of the row of a number changed; columns that it lacks are added."""
    grown = with_columns(sheet, values)
    rows = tuple(
        {**row, **values} if this == number else row for this, row in zip(grown.numbers, grown.rows, strict=True)
    )
    return dataclasses.replace(grown, rows=rows)


def with_columns(sheet: Sheet, columns: Iterable[str]) -> Sheet:
    """Return the register with some columns, those it lacks on the right."""
    more = [column for column in columns if column not in sheet.columns]
    if not more:
        return sheet
    rows = tuple(row | dict.fromkeys(more) for row in sheet.rows)
    return dataclasses.replace(sheet, columns=(*sheet.columns, *more), rows=rows)


def cell_words(cell: Cell) -> str:
    """Return what a cell holds as text without outer blanks: dates and times as ISO, nothing as an empty text."""
    return "" if cell is None else cell_text(cell).strip()


def find_columns(sheet: Sheet, spellings: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return which of a register's titles stand for columns of ours.

    Parameters
    ----------
    sheet
        The register.
    spellings
        Our name → its titles, the first one found counts; compared without regard to case, and blanks are as good as
        an underscore.

    Returns
    -------
    dict
        Our name → title as the register writes it; a column that is absent is not in it.
    """
    there = {_folded(title): title for title in reversed(sheet.columns)}
    return {
        ours: next(there[title] for title in titles if title in there)
        for ours, titles in spellings.items()
        if any(title in there for title in titles)
    }


def _folded(title: str) -> str:
    return "_".join(title.casefold().replace("_", " ").split())


def _decoded(data: bytes, name: str) -> str:
    start = data[:4096]
    if data.startswith((ZIP_MARK, OLD_MARK, _GZIP_MARK)) or (
        b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff"))
    ):
        raise InputError(f"{name} is not a CSV: it holds binary data; save it as CSV, or name it .xlsx if it is one.")
    return decode(data)


def _records(text: str, delimiter: str, name: str) -> list[tuple[int, Sequence[object]]]:
    records = Records(text, delimiter)
    found: list[tuple[int, Sequence[object]]] = []
    row: Row
    for row in records:
        number, cells, fault = row
        if fault and not cells:
            raise InputError(f"{name}, row {number}: not readable as CSV ({fault}); mend that row.")
        records.width = records.width or len(cells)
        found.append((number, cells))
    return found


def _titles(header: list[str], rows: Sequence[tuple[int, list[Cell], str]], name: str, *, grow: bool) -> list[str]:
    """Return a title for every column; one without a title that holds something is called by its position."""
    used = max((place for _, cells, _ in rows for place, cell in enumerate(cells, 1) if cell is not None), default=0)
    if grow:
        header += [""] * (used - len(header))
    while header and not header[-1] and (used < len(header)):
        header.pop()
    titles = [title or f"column {place}" for place, title in enumerate(header, 1)]
    first: dict[str, int] = {}
    for place, title in enumerate(titles, 1):
        other = first.setdefault(_folded(title), place)
        if other != place:
            raise InputError(f"{name} has the title {title!r} in the columns {other} and {place}; rename one of them.")
    return titles


def _plain(cell: object) -> Cell:
    """Return a cell of a text without the mark that keeps it from running as a formula; blanks alone are nothing."""
    text = str(cell)
    if text.startswith("'") and text[1:].lstrip(" ")[:1] and text[1:].lstrip(" ")[0] in _FORMULA_STARTS:
        text = text[1:]
    return text if text.strip() else None


def _typed(cell: object) -> Cell:
    """Return a cell of a workbook: numbers that are whole as such, times to the second."""
    if isinstance(cell, str):
        return cell if cell.strip() else None
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < _WHOLE:
            return int(cell)
        return cell if cell_text(cell) else None
    if isinstance(cell, dt.datetime):
        return (cell + _HALF_A_SECOND).replace(microsecond=0) if cell.year < dt.MAXYEAR else cell
    if isinstance(cell, bool | int | dt.date | dt.time):
        return cell
    return cell_text(cell) or None  # a duration


def _with_midnights(rows: list[tuple[int, list[Cell], str]], data: bytes) -> list[tuple[int, list[Cell], str]]:
    """Return rows of a workbook with dates at 00:00 as times where a clock is shown: the reader makes days of them."""
    if not any(_is_day(cell) for _, cells, _ in rows for cell in cells):
        return rows
    clocks = midnights(data)
    return [
        (
            number,
            [_at_midnight(cell) if (number, place) in clocks else cell for place, cell in enumerate(cells, 1)],
            said,
        )
        for number, cells, said in rows
    ]


def _is_day(cell: Cell) -> bool:
    return isinstance(cell, dt.date) and not isinstance(cell, dt.datetime)


def _at_midnight(cell: Cell) -> Cell:
    return dt.datetime.combine(cell, dt.time()) if isinstance(cell, dt.date) and _is_day(cell) else cell
