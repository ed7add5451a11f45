"""Text tables with a delimiter, read so that no broken quote swallows rows: every physical line is accounted for."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Row = tuple[int, Sequence[object], str]
    """Row number as a spreadsheet shows it, cells, and why they cannot be trusted; empty: they can."""

DELIMITERS = (",", ";", "\t", "|")

MAX_LINES = 20
"""A record of more physical lines is taken for a quote that is never closed."""

_SEEN = 20
"""Lines by which a delimiter, and the width of a table without titles, are judged."""

_CHANCE = 2
"""So many delimiters can stand in the lines of a quoted text by chance, and make rows of them."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")

_OPEN = "a quote is never closed"


def physical_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text with their ends; only CR, LF and both together end one, as in CSV and JSON Lines."""
    return (match[0] for match in _LINE.finditer(text))


def guess_delimiter(text: str, header_row: int) -> str:
    """Return the delimiter that the first lines agree on.

    Parameters
    ----------
    text
        The table.
    header_row
        Row with the titles, 1-based; what stands above it is not looked at. 0: none.

    Returns
    -------
    str
        Of comma, semicolon, tab and bar the one that most lines cut into as many cells as the first line, more cells
        before fewer; a comma where none of them cuts anything.
    """
    start = max(header_row - 1, 0)
    lines = [line for line in islice(physical_lines(text), start, start + _SEEN) if line.strip()]
    return max(DELIMITERS, key=lambda delimiter: _agreement(lines, delimiter))


def _agreement(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    try:
        widths = [len(record) for record in csv.reader(lines, delimiter=delimiter) if record]
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] == 1:
        return 0.0, 0
    return widths.count(widths[0]) / len(widths), widths[0]


def common_width(text: str, delimiter: str) -> int:
    """Return how many cells most of the first rows have; of several answers the largest."""
    widths = Counter(len(cells) for _, cells, fault in islice(Records(text, delimiter), _SEEN) if not fault)
    return max(widths, key=lambda width: (widths[width], width), default=0)


class Records:
    """The rows of a text table; a row that is not there for certain carries a fault.

    Iterating yields the number that a spreadsheet shows, the cells, and the fault in words; rows without any text
    are passed over, but counted. Reading is strict. Where a record breaks, or is one only because a later row
    happens to close its quote, its first physical line becomes a row with a fault, and reading goes on with the
    second. A look at no more than ``MAX_LINES`` lines decides, so that the time stays in proportion to the text.
    """

    def __init__(self, text: str, delimiter: str) -> None:
        self.width = 0
        """Cells that a row should have; 0: not known yet."""
        self._delimiter = delimiter
        self._lines = _Lines(text)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        self._number = 0
        self._wary = 0

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        while True:
            self._lines.taken.clear()
            self._number += 1
            try:
                cells = next(self._reader)
            except csv.Error as error:
                return self._number, (), self._broken(str(error))
            fault = self._doubt(cells) if self._wary or len(self._lines.taken) > 1 else ""
            if fault == _OPEN:
                return self._number, (), self._broken("")
            # The first cell decides for nearly every row, at once.
            if fault or (cells and ((cells[0] and not cells[0].isspace()) or any(map(str.strip, cells)))):
                return self._number, cells, fault

    def _broken(self, error: str) -> str:
        """Go back to the second line of the record, and say what is wrong with the first."""
        alone = len(self._lines.taken) == 1
        self._lines.give_back()
        self._wary = MAX_LINES
        self._reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        if alone and "field larger" in error:
            return f"a cell has more than {csv.field_size_limit():,} characters"
        return "text follows a closing quote" if alone and "expected after" in error else _OPEN

    def _doubt(self, cells: Sequence[str]) -> str:
        """Return what speaks against a record of several lines, or one that follows a broken one."""
        lines, right = self._lines.taken, len(cells) == self.width
        if not self.width or not cells:
            return ""
        if len(lines) > 1:
            # A line that is whole by itself belongs to no text in quotes.
            if right:
                sure = self.width > _CHANCE and (self.width - 1) * (len(lines) - 1) > _CHANCE
                whole = sure and all(self._cuts(line) == self.width for line in lines)
            else:
                whole = all(self.width in {self._cuts(line), self._cells(line)} for line in lines[1:])
            if whole:
                return _OPEN
            if not right:
                return f"{misfit(len(cells), self.width)}, over {len(lines)} lines"
        self._wary = max(self._wary - 1, 0)
        # What is left of a text whose quote broke can look like a short row.
        return "" if right else f"{misfit(len(cells), self.width)}, after a broken quote"

    def _cuts(self, line: str) -> int:
        return line.count(self._delimiter) + 1

    def _cells(self, line: str) -> int:
        try:
            return len(next(csv.reader([line], delimiter=self._delimiter)))
        except csv.Error:
            return 0


class _Lines:
    """Physical lines, of which those of the record just read can be had again."""

    def __init__(self, text: str) -> None:
        self.taken: list[str] = []
        self._fresh = physical_lines(text)
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_LINES:
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._fresh)
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))


def misfit(found: int, expected: int) -> str:
    """Return in words that a row does not fit its table."""
    return f"{found} cell{'s' * (found != 1)} under {expected} title{'s' * (expected != 1)}"
