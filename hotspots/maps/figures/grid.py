"""A table of coloured cells with names at its sides: what two figures share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotspots.maps.figures import style
from hotspots.maps.figures.layout import kept
from hotspots.maps.figures.lettering import drawable, fit, lines, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotspots.maps.figures.sheet import Sheet

_SIDE_ROOM = 130.0
_TITLE = 15.0
_SIZES = (9.5, 8.5, 7.5, 6.5)
_PAD = 3.0
_MOST_HEAD = 3
_FRAME = 1.7
_LEAST_GAP = 3.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table."""

    fill: str
    text: str
    marked: bool = False
    """Framed in ink, its text bold."""


@dataclass(frozen=True, slots=True)
class Side:
    """What stands along a side: its title, and the name of each row or column."""

    title: str
    names: Sequence[str]


def draw_grid(
    sheet: Sheet,
    cells: Sequence[Sequence[Cell]],
    rows: Side,
    columns: Side,
    *,
    tall: float,
    widest: float,
) -> bool:
    """Draw the table below what is drawn so far, row names on the left, column names on top.

    Parameters
    ----------
    sheet
        The figure.
    cells
        Rows of cells.
    rows
        Title and names of the rows.
    columns
        Title and names of the columns; a name with no room for itself is left out.
    tall
        Height of a row in points.
    widest
        A column is as wide as there is room for, and no wider.

    Returns
    -------
    bool
        The cells are wide enough for their text. Where they are not, it is left out, in all of them.
    """
    side = [fit(drawable(name), _SIDE_ROOM, style.SMALL) for name in rows.names]
    left = sheet.left + max([width(name, style.SMALL) for name in side] + [0.0]) + 8.0
    title = fit(drawable(rows.title), _SIDE_ROOM, style.SMALL)
    left = max(left, sheet.left + width(title, style.SMALL) + 8.0)
    wide = min(widest, (sheet.right - left) / max(len(columns.names), 1))
    top = _head(sheet, columns, left, wide)
    sheet.note(sheet.left, top - 7.0, title)
    size = _size(cells, wide)
    for number, (name, row) in enumerate(zip(side, cells, strict=True)):
        y = top + number * tall
        sheet.text(left - 6.0, y + tall / 2, name, size=style.SMALL, align="right")
        for at, cell in enumerate(row):
            sheet.box(left + at * wide, y, wide, tall, cell.fill, edge=style.PAPER, thick=style.HAIR)
    for number, row in enumerate(cells):
        for at, cell in enumerate(row):
            x, y = left + at * wide, top + number * tall
            if cell.marked:
                inset = _FRAME / 2 + 0.3
                frame = (x + inset, y + inset, wide - 2 * inset, tall - 2 * inset, "none")
                sheet.box(*frame, edge=style.PAPER, thick=2 * _FRAME)  # a halo: ink is dark on a dark cell
                sheet.box(*frame, edge=style.INK, thick=_FRAME)
            if size:
                ink = style.on(cell.fill)
                middle = (x + wide / 2, y + tall / 2)
                sheet.text(*middle, cell.text, size=size, colour=ink, align="center", bold=cell.marked)
    sheet.box(left, top, wide * len(columns.names), tall * len(cells), "none", edge=style.RULE, thick=style.HAIR)
    sheet.y = top + tall * len(cells) + 8.0
    return size > 0


def _head(sheet: Sheet, columns: Side, left: float, wide: float) -> float:
    """Write title and names of the columns, and return where the cells begin."""
    names = [lines(name, max(wide - _LEAST_GAP, 1.0), style.SMALL, most=_MOST_HEAD) for name in columns.names]
    step = style.SMALL * style.LEADING
    if any(line.endswith("…") for name in names for line in name):
        # Too narrow to read: whole names on one line, as many as have room.
        names = [lines(name, _SIDE_ROOM, style.SMALL, most=1) for name in columns.names]
    middles = [left + (at + 0.5) * wide for at in range(len(names))]
    extents = [max((width(line, style.SMALL) for line in name), default=0.0) for name in names]
    end = max(left + wide * len(names), sheet.right) + style.MARGIN / 2
    shown = kept(middles, extents, _LEAST_GAP)
    shown = [at for at in shown if left - 1.0 <= middles[at] - extents[at] / 2 and middles[at] + extents[at] / 2 <= end]
    deep = max((len(names[at]) for at in shown), default=0)
    sheet.note(left, sheet.y + _TITLE / 2, fit(drawable(columns.title), sheet.right - left, style.SMALL))
    top = sheet.y + _TITLE + deep * step + 4.0
    for at in shown:
        for number, line in enumerate(reversed(names[at])):
            sheet.text(middles[at], top - 7.0 - number * step, line, size=style.SMALL, align="center")
    return top


def _size(cells: Sequence[Sequence[Cell]], wide: float) -> float:
    """Return the largest size at which every text fits its cell; 0 where none does."""
    texts = {(drawable(cell.text), cell.marked) for row in cells for cell in row}
    for size in _SIZES:
        room = {False: wide - 2 * _PAD, True: wide - 2 * (_FRAME + 1.0)}
        if all(width(text, size, bold=bold) <= room[bold] for text, bold in texts):
            return size
    return 0.0
