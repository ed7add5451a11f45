"""Whether incidents follow each other: the near-repeat table as a figure."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from hotspots.maps import words
from hotspots.maps.figures import style
from hotspots.maps.figures.grid import Cell, Side, draw_grid
from hotspots.maps.figures.lettering import plain
from hotspots.maps.figures.sheet import Sheet, house

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.maps.figures.sheet import Caption, Drawing

_TALL, _WIDEST = 27.0, 92.0
_SIGN = "*"
_TENS, _HUNDREDS, _MOST = 10, 100, 10_000


@house()
def knox_figure(ratio: pd.DataFrame, p: pd.DataFrame, caption: Caption, alpha: float = 0.05) -> Drawing:
    """Draw observed over expected pairs by distance and time (Knox 1964), marked where beyond chance.

    Parameters
    ----------
    ratio
        Observed over expected pairs: index the bands of distance in words, columns the bands of time; the
        names of both become the titles of the sides. Empty where nothing was expected. Without a value, a
        sentence is drawn.
    p
        p-values of the same shape and labels; empty: not tested.
    caption
        Title, numbers and method; say there what the p-value tests and how many permutations it has.
    alpha
        A cell is marked where p is not above it.

    Returns
    -------
    Drawing
        The number in each cell, its class by colour, a frame, bold figures and a sign where it is marked.

    Raises
    ------
    ValueError
        The labels of the two tables differ.
    """
    if not (ratio.index.equals(p.index) and ratio.columns.equals(p.columns)):
        raise ValueError("ratios and p-values are of the same bands in the same order")
    sheet = Sheet(caption)
    values, chances = (frame.to_numpy(dtype=np.float64, na_value=np.nan) for frame in (ratio, p))
    if not values.size or np.isnan(values).all():
        said = "There are too few pairs of incidents to compare."
        sheet.sentence(said)
        return sheet.finish(said)
    marked = chances <= alpha
    cells = [
        [_cell(value, mark=bool(mark)) for value, mark in zip(*row, strict=True)]
        for row in zip(values, marked, strict=True)
    ]
    rows = Side(plain(ratio.index.name or "Distance"), [plain(name) for name in ratio.index])
    columns = Side(plain(ratio.columns.name or "Time between the two"), [plain(name) for name in ratio.columns])
    written = draw_grid(sheet, cells, rows, columns, tall=_TALL, widest=_WIDEST)
    level = f"p ≤ {alpha:g}"
    if written:
        level = f"framed, {_SIGN}: {level}"
    classes = [_class(value) for row in values for value in row]
    entries = [
        (fill, style.BAR, f"{name} · {classes.count(fill)}")
        for fill, name in zip(style.RAMP, words.class_ranges(style.RATIO_BREAKS), strict=True)
    ]
    if style.PAPER in classes:
        entries.append((style.PAPER, style.BAR, f"nothing expected · {classes.count(style.PAPER)}"))
    sheet.legend([*entries, (style.PAPER, style.INK, f"{level} · {int(marked.sum())}")])
    sheet.y += 1.0
    sheet.paragraph("Pairs observed for each pair expected.", most=1)
    return sheet.finish(_alt(rows, columns, cells, f"p ≤ {alpha:g}"))


def _cell(value: float, *, mark: bool) -> Cell:
    return Cell(_class(value), _number(value) + (_SIGN if mark else ""), marked=mark)


def _class(value: float) -> str:
    return style.PAPER if math.isnan(value) else style.RAMP[bisect_right(style.RATIO_BREAKS, value)]


def _number(value: float) -> str:
    if math.isnan(value):
        return words.NONE
    if math.isinf(value):
        return "∞"
    if value >= _MOST:
        return f"{value:.0e}".replace("e+", "e").replace("e0", "e")
    return (
        f"{value:.2f}" if round(value, 2) < _TENS else f"{value:.1f}" if round(value, 1) < _HUNDREDS else f"{value:.0f}"
    )


def _alt(rows: Side, columns: Side, cells: list[list[Cell]], level: str) -> str:
    """Read the table out, row by row."""
    said = [
        f"{row}: {', '.join(f'{column} {cell.text}' for column, cell in zip(columns.names, line, strict=True))}."
        for row, line in zip(rows.names, cells, strict=True)
    ]
    return f"Pairs observed for each pair expected, {_SIGN} where {level}. {' '.join(said)}"
