"""Any table file an analyst exports - text, workbook or JSON - read as the wanted columns of text, and nothing else."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotspots.errors import InputError, SettingsError
from hotspots.intake.delimited import Records, common_width, guess_delimiter, misfit
from hotspots.intake.files import decode
from hotspots.intake.nested import plain, read_nested
from hotspots.intake.workbooks import OLD_MARK, ZIP_MARK, cell_text, sheet_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hotspots.intake.delimited import Row

ENDINGS = {
    "csv": (".csv", ".txt", ".tsv"),
    "excel": (".xlsx", ".xls", ".ods", ".xlsb", ".xlsm"),
    "json": (".json", ".geojson", ".jsonl", ".ndjson"),
}
"""Format → endings of a name that mean it; a ``.gz`` behind them is passed over."""

_GZIP_MARK = b"\x1f\x8b"
_MEMORY = 50_000
"""Distinct texts of a column that are kept once each; a column with more repeats few of them."""
_END_MARK = "\x1a"
"""What DOS wrote at the end of a text file, and some programs still do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out; empty: find out."""

    format: str = ""
    """csv, excel or json; empty: by the ending of the name, csv where that says nothing."""
    encoding: str = ""
    """Of a text; empty: its mark, else UTF-8, else Windows-1252."""
    delimiter: str = ""
    """One character, or ``tab``; empty: comma, semicolon, tab or bar, as the first lines agree."""
    sheet: str = ""
    """Of a workbook; empty: the first one that is shown."""
    header_row: int = 1
    """Row with the titles as a spreadsheet counts, or the next one with text; 0: none, columns are called 1, 2, …"""
    records: str = ""
    """Of JSON: dotted path to the list of records; empty: the document, its features, or its only list of objects."""


AS_FOUND = Layout()


@dataclass(frozen=True, slots=True)
class Cells:
    """The wanted columns of a table file."""

    columns: dict[str, list[str]]
    """Title as asked for → text without outer blanks, one per data row."""
    numbers: list[int]
    """Row number of each data row as a spreadsheet shows it; of JSON the 1-based position of the record."""
    faults: dict[int, str]
    """Position of a data row that cannot be trusted → why, in words."""


def read_cells(data: bytes, name: str, titles: Sequence[str], layout: Layout = AS_FOUND) -> Cells:
    """Read the wanted columns of a table file as text.

    Rows without any text are passed over. A row that cannot be trusted is kept, with a fault: one with more cells
    than there are titles, or with a single one, or one whose quotes do not match, or what is no object in JSON.
    Other cells that are missing at the end of a row are empty ones: some programs leave them out. But a text that
    ends within such a row has been cut short. Of a row whose quotes do not match all cells are empty; the rows below
    it are read.

    Parameters
    ----------
    data
        Bytes of the file, unpacked.
    name
        The file's name without its folder; messages call it so.
    titles
        Columns wanted, compared without regard to case and to the number of blanks; in JSON dotted paths such as
        ``location.latitude``, where a number counts the items of a list from 0, and what a GeoJSON feature has in
        its properties needs no path. Without a row of titles: ``1``, ``2``, ….
    layout
        How the file is laid out.

    Returns
    -------
    Cells
        Columns, row numbers and faults, in the order of the file.

    Raises
    ------
    InputError
        The file is empty or unreadable, lacks a title, or has a wanted title twice; what it has is listed.
    SettingsError
        The layout asks for something that does not exist.
    """
    wanted = list(dict.fromkeys(titles))
    if _format(name, layout) == "json":
        nested = read_nested(_decoded(data, name, layout), name, layout.records, wanted)
        paths = nested.paths(wanted)
        if len(paths) < len(wanted) and nested.items:
            _refuse_missing(name, [title for title in wanted if title not in paths], first_titles(data, name, layout))
        rows = nested.rows([paths.get(title, ()) for title in wanted])
        return _keep(rows, {title: place for place, title in enumerate(wanted)}, len(wanted))
    header, rows = _opened(data, name, layout)
    places = _numbered(header, wanted, name) if layout.header_row == 0 else _titled(header, wanted, name)
    text_cut = _format(name, layout) == "csv" and not data.rstrip(b"\x00 \x1a").endswith((b"\n", b"\r"))
    return _keep(rows, places, len(header), text_cut=text_cut)


def first_titles(data: bytes, name: str, layout: Layout = AS_FOUND) -> list[str]:
    """Return the titles a table file has: what ``read_cells`` can be asked for.

    Parameters
    ----------
    data
        Bytes of the file, unpacked.
    name
        The file's name without its folder; messages call it so.
    layout
        How the file is laid out.

    Returns
    -------
    list of str
        In the order of the file, empty ones left out; of JSON the paths in its first records, without a row of titles
        ``1``, ``2``, ….

    Raises
    ------
    InputError
        The file is empty or unreadable.
    SettingsError
        The layout asks for something that does not exist.
    """
    if _format(name, layout) == "json":
        titles = read_nested(_decoded(data, name, layout), name, layout.records).titles()
    else:
        titles = _opened(data, name, layout)[0]
    return [title for title in map(_clean, titles) if title]


def _format(name: str, layout: Layout) -> str:
    if layout.format and layout.format not in ENDINGS:
        raise SettingsError(f"The format {layout.format!r} is unknown; give {', '.join(ENDINGS)}, or leave it empty.")
    if layout.header_row < 0:
        raise SettingsError(f"header_row {layout.header_row} is no row; rows count from 1, and 0 means no titles.")
    ending = name.casefold().removesuffix(".gz")
    found = (kind for kind, endings in ENDINGS.items() if ending.endswith(endings))
    return layout.format or next(found, "csv")


def _decoded(data: bytes, name: str, layout: Layout) -> str:
    """Return the text of a file, which must not be something packed or binary."""
    if data.startswith((ZIP_MARK, OLD_MARK, _GZIP_MARK)):
        raise InputError(f"{name} is a workbook or packed, not a text; name it so, give its format, or unpack it.")
    if not layout.encoding:
        start = data[:4096]
        if not start.startswith((b"\xff\xfe", b"\xfe\xff")) and start.count(0) * 5 > len(start):
            raise InputError(f"{name} is not a text: it holds binary data; save it as CSV, or give its encoding.")
        return decode(data)
    try:
        text = data.decode(layout.encoding, errors="replace")
    except (LookupError, ValueError) as error:
        raise SettingsError(
            f"{name} cannot be read in the encoding {layout.encoding!r} ({error}); utf-8 and cp1252 are usual.",
        ) from error
    return text.lstrip("\ufeff").replace("\x00", "\ufffd")


def _opened(data: bytes, name: str, layout: Layout) -> tuple[list[str], Iterator[Row]]:
    """Return the titles of a table, and the rows below them."""
    rows: Iterator[Row]
    if _format(name, layout) == "excel":
        rows, width = sheet_rows(data, name, layout.sheet)
        header = [str(place + 1) for place in range(width)] if layout.header_row == 0 else _header(rows, name, layout)
    else:
        text = _decoded(data, name, layout)
        delimiter = _delimiter(layout) or guess_delimiter(text, layout.header_row)
        rows = records = Records(text, delimiter)
        if layout.header_row == 0:
            header = [str(place + 1) for place in range(common_width(text, delimiter))]
        else:
            header = _header(rows, name, layout)
        records.width = len(header)
    if not header:
        raise InputError(f"{name} is empty; a table was expected.")
    return header, rows


def _delimiter(layout: Layout) -> str:
    delimiter = {"tab": "\t", "\\t": "\t"}.get(layout.delimiter.casefold(), layout.delimiter)
    if len(delimiter) > 1 or (delimiter and delimiter in '"\r\n\x00'):
        raise SettingsError(f"The delimiter {layout.delimiter!r} is not one character; give one such as ';', or tab.")
    return delimiter


def _header(rows: Iterator[Row], name: str, layout: Layout) -> list[str]:
    last = 0
    for number, cells, fault in rows:
        last = number
        if number < layout.header_row:
            continue
        if fault:
            raise InputError(f"{name}, row {number}: the titles cannot be read, {fault}.")
        return [cell_text(cell) for cell in cells]
    if last:
        raise InputError(f"{name} ends with row {last}; there are no titles in row {layout.header_row} or below.")
    return []


def _titled(header: Sequence[str], wanted: Iterable[str], name: str) -> dict[str, int]:
    """Return where the wanted titles stand."""
    found: dict[str, list[int]] = {}
    for place, title in enumerate(header):
        found.setdefault(plain(title), []).append(place)
    found.pop("", None)
    missing = [title for title in wanted if plain(title) not in found]
    if missing:
        _refuse_missing(name, missing, [title for title in map(_clean, header) if title])
    for title in wanted:
        places = found[plain(title)]
        if len(places) > 1:
            said = " and ".join(str(place + 1) for place in places[:3])
            raise InputError(f"{name} has the title {title!r} in the columns {said}; rename all but the one meant.")
    return {title: found[plain(title)][0] for title in wanted}


def _numbered(header: Sequence[str], wanted: Iterable[str], name: str) -> dict[str, int]:
    """Return where the wanted columns stand in a table without titles."""
    places = {}
    for title in wanted:
        text = title.strip()
        if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004
            raise SettingsError(
                f"With header_row 0 columns are called 1, 2, …: {title!r} is none; what row has titles?"
            )
        places[title] = int(text) - 1
        if not 0 <= places[title] < len(header):
            raise InputError(f"{name} has {len(header)} columns, and no column {title}.")
    return places


def _refuse_missing(name: str, missing: Sequence[str], titles: Sequence[str]) -> None:
    near = {plain(title[:100]): title for title in reversed(titles[:1000])}
    said = ""
    for title in missing:
        wanted = plain(title[:100])
        # A word of a longer title is likelier than a word that looks like it.
        holding = [there for there in near if wanted and wanted in there]
        alike = difflib.get_close_matches(wanted, holding or near, n=1, cutoff=0.0 if holding else 0.5)
        if alike and not said:
            said = f" For {title!r}, is {near[alike[0]]!r} meant?"
    raise InputError(
        f"{name} lacks the column{'s' * (len(missing) > 1)} {_shortened(missing)}; it has: "
        f"{_shortened(titles) or 'none'}.{said}",
    )


def _shortened(titles: Iterable[str], limit: int = 300) -> str:
    text = ", ".join(titles)
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in text[: limit + 1])
    return printable if len(text) <= limit else printable[: limit - 1] + "…"


def _keep(rows: Iterable[Row], places: Mapping[str, int], width: int, *, text_cut: bool = False) -> Cells:
    """Keep the cells at some places of each row, texts that repeat once."""
    cells = Cells({title: [] for title in places}, [], {})
    memories: list[dict[str, str]] = [{} for _ in places]
    targets = [
        (cells.columns[title].append, place, memory)
        for (title, place), memory in zip(places.items(), memories, strict=True)
    ]
    found = width
    for number, row, fault in rows:
        found = len(row)
        if found != width or fault:
            said = fault or _misfit(row, width)
            if said:
                cells.faults[len(cells.numbers)] = said
        elif width == 1 and row[0] == _END_MARK:
            cells.faults[len(cells.numbers)] = "a mark of the file's end"
        cells.numbers.append(number)
        for append, place, memory in targets:
            cell = row[place] if place < found else ""
            raw = cell if isinstance(cell, str) else cell_text(cell)
            kept = memory.get(raw)
            if kept is None:
                kept = _clean(raw)
                if len(memory) < _MEMORY:
                    memory[raw] = kept
            append(kept)
    if text_cut and found < width:
        cells.faults.setdefault(len(cells.numbers) - 1, f"{misfit(found, width)}, and the file ends there")
    return cells


def _misfit(row: Sequence[object], width: int) -> str:
    """Return why a row with more or fewer cells than titles cannot be trusted; empty: it can."""
    found = len(row)
    if found > width:
        surplus = any(not isinstance(cell, str) or cell.strip() for cell in row[width:])
        return misfit(found, width) if surplus else ""
    # A row of one cell is what stands below a table: a total, a remark.
    return misfit(found, width) if found == 1 else ""


def _clean(text: str) -> str:
    """Return a text without outer blanks, and without what no file can hold: NUL, and halves of characters."""
    text = text.strip()
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", errors="replace").decode("utf-8")
