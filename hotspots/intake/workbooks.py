"""Workbooks of Excel and LibreOffice, sheet by sheet; what would exhaust the memory is refused before it is read."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import warnings
import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from hotspots.errors import InputError
from hotspots.intake.files import ZIP_FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_calamine import CalamineSheet

    from hotspots.intake.delimited import Row

ZIP_MARK = b"PK\x03\x04"
OLD_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of .xlsx, .xlsm, .xlsb and .ods, and of .xls and whatever Office encrypts."""

MAX_UNPACKED = 1 << 30
"""Bytes that a workbook may have unpacked."""
MAX_CELLS = 50_000_000
"""Cells in the rectangle around a sheet's content: the reader holds them all, empty ones too, at 32 bytes each."""

_GRID = (1_048_576, 16_384)
"""Rows and columns of the largest sheet."""
_CHUNK = 1 << 20
_OVERLAP = 512
"""Bytes kept from one chunk to the next, so that no reference is cut in two."""

# A reference that reaches column AA or row 1,000,000: without one, a sheet is small enough.
_FAR = re.compile(rb"""\sr\s*=\s*["'](?:[A-Za-z]{2}|[A-Za-z]?[0-9]{7})""")
# An element that closes itself is a cell with a format and nothing in it. Cells may be in no row of the grid, too.
_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)[0-9]+["'][^<>]*(?<!/)>""")
_ROW = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]+([0-9]+)["'][^<>]*(?<!/)>""")
_NOWHERE = re.compile(rb"""\sr\s*=\s*["']([0-9]{8,})["']""")
_BINARY_SHEET = b"\x81\x01\x00"
"""The record that begins a sheet of an .xlsb."""
# Words, escaped letters, widths and what stands in brackets (colours, languages) are no codes of date or time.
_NO_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_STRINGS = re.compile(rb"""\suniqueCount\s*=\s*["']([0-9]+)["']""")

_DAMAGED = "{name} is a damaged workbook; save or download it again."
_LOCKED = "{name} is locked with a password; save a copy without one."


def sheet_rows(data: bytes, name: str, sheet: str) -> tuple[Iterator[Row], int]:
    """Open one sheet of a workbook.

    Parameters
    ----------
    data
        Bytes of an .xlsx, .xlsm, .xlsb, .xls or .ods file.
    name
        What messages call the file.
    sheet
        Name of the sheet, without regard to case; empty: the first one that is shown.

    Returns
    -------
    rows
        Number of a row as the sheet shows it, and its cells from column A on as they are stored (``cell_text`` makes
        text of them); rows without content are passed over.
    width
        Columns from A to the last one with content.

    Raises
    ------
    InputError
        The file is no workbook, is broken, locked or too large, or has no sheet of that name.
    """
    refuse_unreadable(data, name)
    with _reading(name):
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [found for found in book.sheets_metadata if found.typ == SheetTypeEnum.WorkSheet]
    shown = [found.name for found in sheets if found.visible == SheetVisibleEnum.Visible]
    names = [found.name for found in sheets]
    wanted = sheet.strip().casefold()
    chosen = [found for found in names if found.strip().casefold() == wanted] if wanted else [*shown, *names]
    if not chosen:
        there = ", ".join(map(repr, names[:20])) or "none"
        raise InputError(f"{name} has no sheet {sheet!r}; its sheets: {there}.")
    with _reading(name):
        opened = book.get_sheet_by_name(chosen[0])
        start, end = opened.start, opened.end
    if start is None or end is None:
        return iter(()), 0
    return _rows(opened, name, start[1]), end[1] + 1


def _rows(sheet: CalamineSheet, name: str, first_column: int) -> Iterator[Row]:
    before = [""] * first_column
    with _reading(name):
        for number, cells in enumerate(sheet.iter_rows(), 1):
            # Most rows are decided by the count alone, or by their first cell.
            if cells.count("") < len(cells) and any(not isinstance(cell, str) or cell.strip() for cell in cells):
                yield number, [*before, *cells] if before else cells, ""


def cell_text(value: object) -> str:
    """Return what a cell holds as text.

    Parameters
    ----------
    value
        What the reader makes of a cell: text, a number, a truth value, a date, a time, a duration.

    Returns
    -------
    str
        Whole numbers without a decimal point, times as ISO text to the second, durations as hours, minutes and
        seconds, ``true`` or ``false``; of an error nothing.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dt.timedelta):
        seconds = round(value.total_seconds())
        minutes, second = divmod(abs(seconds), 60)
        return f"{'-' * (seconds < 0)}{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"
    if isinstance(value, dt.datetime | dt.time):
        value = _to_the_second(value)
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    # Beyond 15 digits a spreadsheet does not tell whole numbers apart any more.
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004


def _to_the_second(value: dt.datetime | dt.time) -> dt.datetime | dt.time:
    """Return a time without the microseconds by which it is off: a sheet stores it as part of a day."""
    whole = value.replace(microsecond=0)
    if value.microsecond < 500_000:  # noqa: PLR2004
        return whole
    if isinstance(whole, dt.datetime):
        return whole + dt.timedelta(seconds=1) if whole < dt.datetime.max.replace(microsecond=0) else whole
    later = dt.datetime.combine(dt.date.min, whole) + dt.timedelta(seconds=1)
    return later.time() if later.date() == dt.date.min else whole


def shows_clock(number_format: str) -> bool:
    """Say whether a cell of that number format shows the hour of a date, as ``yyyy-mm-dd h:mm`` does."""
    return "h" in _NO_CODE.sub("", number_format).partition(";")[0].casefold()


def midnights(data: bytes) -> frozenset[tuple[int, int]]:
    """Return where the first sheet that is shown has a date with the clock 00:00: only the format tells it from a day.

    Parameters
    ----------
    data
        Bytes of a workbook that ``sheet_rows`` has read.

    Returns
    -------
    frozenset of tuple
        Row and column, from 1; none of another workbook than .xlsx or .xlsm, and of one that cannot be read so.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - only where a workbook holds dates

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            page: Any = next((page for page in book.worksheets if page.sheet_state == "visible"), book.worksheets[0])
            # Programs write a wrong extent, beyond which nothing would be read.
            page.reset_dimensions()
            dates = [cell for row in page.iter_rows() for cell in row if isinstance(cell.value, dt.datetime)]
            return frozenset(
                (cell.row, cell.column)
                for cell in dates
                if cell.value.time() == dt.time() and shows_clock(cell.number_format)
            )
    except Exception:  # noqa: BLE001 - openpyxl meets damage with errors not meant as such; a day stays a day
        return frozenset()


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Make an InputError of whatever the reader raises; where it gives up, that is no Exception."""
    try:
        yield
    except PasswordError as error:
        raise InputError(_LOCKED.format(name=name)) from error
    except (CalamineError, ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        raise InputError(
            f"{name} is not readable as a workbook ({_said(error)}); open it in Excel and save it again as .xlsx."
        ) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise InputError(f"{name} is a broken workbook; open it in Excel and save it again as .xlsx.") from error


def _said(error: Exception) -> str:
    return "".join(letter for letter in str(error) if letter.isprintable())[:200] or type(error).__name__


def refuse_unreadable(data: bytes, name: str) -> None:
    """Look at a workbook before the reader does, which ends the whole program where it cannot get memory.

    Parameters
    ----------
    data
        Bytes of the file.
    name
        What messages call it.

    Raises
    ------
    InputError
        The file is no workbook, is locked or damaged, is larger than ``MAX_UNPACKED`` once unpacked, or a sheet of
        it spans more than ``MAX_CELLS`` cells.
    """
    if data.startswith(ZIP_MARK):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                _refuse_archive(archive, name)
        except ZIP_FAULTS as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{name} is a damaged workbook ({_said(error)}); save or download it again.") from error
    elif data.startswith(OLD_MARK):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise InputError(_LOCKED.format(name=name))
        # How many sectors its tables fill: the reader believes these numbers.
        tables = [int.from_bytes(data[at : at + 4], "little") for at in (40, 44, 64, 72)]
        if max(tables) > len(data) // 512:
            raise InputError(_DAMAGED.format(name=name))
    else:
        raise InputError(
            f"{name} is not a workbook, whatever its name says; open it in Excel and save it again as .xlsx, "
            "or give its format.",
        )


def _refuse_archive(archive: zipfile.ZipFile, name: str) -> None:
    unpacked = 0
    for member in archive.infolist():
        far, size, strings, start = False, 0, 0, b""
        with archive.open(member) as part:
            for chunk in _chunks(part):
                start = start or chunk[_OVERLAP : _OVERLAP + len(_BINARY_SHEET)]
                if member.filename == "META-INF/manifest.xml" and b"encryption-data" in chunk:
                    raise InputError(_LOCKED.format(name=name))
                size += len(chunk) - _OVERLAP
                if unpacked + size > MAX_UNPACKED:
                    raise InputError(f"{name} is larger than {MAX_UNPACKED >> 30} GB once unpacked; save it as CSV.")
                far = far or _FAR.search(chunk) is not None
                strings = max([strings, *(int(count[:12]) for count in _STRINGS.findall(chunk))])
        unpacked += size
        # The reader makes room for as many texts as are promised.
        if strings > size:
            raise InputError(_DAMAGED.format(name=name))
        if far or start == _BINARY_SHEET:
            with archive.open(member) as part:
                last, widest = _binary_extent(part.read()) if start == _BINARY_SHEET else _extent(part)
            if last * widest > MAX_CELLS or last > _GRID[0] or widest > _GRID[1]:
                raise InputError(
                    f"{name} has a sheet that spans {last:,} rows and {widest:,} columns: a stray cell far off, as a "
                    "rule. Delete the empty rows and columns around the table, or save the sheet as CSV.",
                )


def _extent(part: IO[bytes]) -> tuple[int, int]:
    """Return the last row and the last column with content of a sheet in XML; another part seems to have none."""
    columns: set[bytes] = set()
    last = 0
    for chunk in _chunks(part):
        columns.update(_COLUMN.findall(chunk))
        rows = set(_ROW.findall(chunk)) | set(_NOWHERE.findall(chunk))
        last = max([last, *(int(row[:12]) for row in rows)])
    return last, max(map(_column_number, columns), default=0)


def _binary_extent(data: bytes) -> tuple[int, int]:
    """Return the same of a sheet of an .xlsb: records of a type and a length in seven bits a byte, and their content.

    Microsoft, *[MS-XLSB]*, sections 2.1.4 and 2.4: type 0 begins a row, types 2 to 11 are cells with content.
    """
    at = row = last = widest = 0
    while at < len(data) - 1:
        kind, at = data[at], at + 1
        if kind & 0x80:
            kind, at = kind & 0x7F | data[at] << 7, at + 1
        size = shift = 0
        for byte in data[at : at + 4]:
            size |= (byte & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if byte < 0x80:  # noqa: PLR2004
                break
        if kind == 0:
            row = int.from_bytes(data[at : at + 4], "little") + 1
        elif 2 <= kind <= 11:  # noqa: PLR2004
            last = max(last, row)
            widest = max(widest, int.from_bytes(data[at : at + 4], "little") + 1)
        at += size
    return last, widest


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:8]:
        number = number * 26 + letter - 64
    return number


def _chunks(part: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a member, each chunk with the end of the one before."""
    tail = b" " * _OVERLAP
    while chunk := part.read(_CHUNK):
        yield tail + chunk
        tail = (tail + chunk)[-_OVERLAP:]
