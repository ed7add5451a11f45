"""When in the week: days by hours as a figure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from hotspots.maps import words
from hotspots.maps.figures import style
from hotspots.maps.figures.grid import Cell, Side, draw_grid
from hotspots.maps.figures.layout import step
from hotspots.maps.figures.lettering import plain
from hotspots.maps.figures.sheet import Sheet, house
from hotspots.maps.style import class_colours

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from hotspots.maps.figures.sheet import Caption, Drawing

_TALL, _WIDEST = 24.0, 20.0
_UNKNOWN, _LITTLE = "?", "+"
_CLASSES = 5
_TENS = 10
_SHOWN = 0.05


@house()
def week_figure(matrix: pd.DataFrame, caption: Caption, marked: pd.DataFrame | None = None) -> Drawing:
    """Draw incidents by day and hour.

    Parameters
    ----------
    matrix
        Incidents, or their weights where times are ranges: index the days in words, columns the hours, each
        from the full hour to the next, as ``analysis.when.hours_of_week`` returns them. Empty is not known.
        With no incident at all, a sentence is drawn.
    caption
        Title, numbers and method; say there how many incidents have no known time.
    marked
        True for the hours to be framed, such as a peak, on the same labels; none: no frames.

    Returns
    -------
    Drawing
        The number in each cell and its class by colour, with the number of hours in each class.

    Raises
    ------
    ValueError
        The labels of the two tables differ, or a value is negative or infinite.
    """
    if marked is not None and not (matrix.index.equals(marked.index) and matrix.columns.equals(marked.columns)):
        raise ValueError("values and marks are of the same days and hours in the same order")
    values = matrix.to_numpy(dtype=np.float64, na_value=np.nan)
    if (values < 0).any() or np.isinf(values).any():
        raise ValueError("a value is finite and not below 0")
    sheet = Sheet(caption)
    if not (values > 0).any():
        said = "No incident has a known hour."
        sheet.sentence(said)
        return sheet.finish(said)
    marks = np.zeros(values.shape, dtype=bool) if marked is None else marked.to_numpy(dtype=bool)
    scale = _scale(values)
    cells = [
        [Cell(scale.fill(value), scale.number(value), marked=bool(mark)) for value, mark in zip(*row, strict=True)]
        for row in zip(values, marks, strict=True)
    ]
    days = Side("", [plain(day) for day in matrix.index])
    hours = Side("hour begins at", [plain(hour) for hour in matrix.columns])
    written = draw_grid(sheet, cells, days, hours, tall=_TALL, widest=_WIDEST)
    _legend(sheet, scale, [cell for row in cells for cell in row], written=written)
    return sheet.finish(_alt(days, hours, cells))


@dataclass(frozen=True)
class _Scale:
    """Classes of equal width, and how the numbers in them are said."""

    breaks: tuple[float, ...]
    """Rising lower bounds of the second and every later class."""
    whole: bool
    """All values are whole numbers."""

    @property
    def colours(self) -> tuple[str, ...]:
        return class_colours(len(self.breaks) + 1) if self.breaks else style.RAMP[-1:]

    @property
    def names(self) -> list[str]:
        """For example ``1–4``, ``5–9``, ``10 and more`` for whole numbers."""
        if not self.whole:
            return words.class_ranges(self.breaks)
        if not self.breaks:
            return ["1"]
        spans = [(low, above - 1) for low, above in pairwise([1.0, *self.breaks])]
        below = [f"{a:,.0f}" if a == b else f"{a:,.0f}–{b:,.0f}" for a, b in spans]
        return [*below, f"{self.breaks[-1]:,.0f} and more"]

    def fill(self, value: float) -> str:
        if np.isnan(value):
            return style.RULE
        return self.colours[bisect_right(self.breaks, value)] if value > 0 else style.PAPER

    def number(self, value: float) -> str:
        """Return what stands in a cell: nothing where there is none, so that the busy hours are seen."""
        if np.isnan(value):
            return _UNKNOWN
        if value == 0:
            return ""
        if self.whole or round(value, 1) >= _TENS:
            return f"{value:.0f}"
        return f"{value:.1f}" if value >= _SHOWN else _LITTLE


def _scale(values: npt.NDArray[np.float64]) -> _Scale:
    whole = bool((values[np.isfinite(values)] % 1 == 0).all())
    top = float(np.nanmax(values))
    each = step(top, _CLASSES, whole=whole)
    # Where each whole number is a class of its own, none lies below the first of them.
    first = 2 if whole and each == 1 else 1
    bounds = (each * number for number in range(first, _CLASSES + first - 1))
    return _Scale(tuple(bound for bound in bounds if bound <= top), whole)


def _legend(sheet: Sheet, scale: _Scale, cells: Sequence[Cell], *, written: bool) -> None:
    """Name the classes with the number of hours in each, and the signs that were used."""
    fills = [cell.fill for cell in cells]
    named = list(zip((style.PAPER, *scale.colours), ("none", *scale.names), strict=True))
    named += [(style.RULE, "not known")] if style.RULE in fills else []
    entries = [(fill, style.BAR, f"{name} · {fills.count(fill)}") for fill, name in named]
    framed = sum(cell.marked for cell in cells)
    sheet.legend([*entries, *([(style.PAPER, style.INK, f"peak, framed · {framed}")] if framed else [])])
    note = "Incidents in each hour of the week; beside each class, how many hours"
    little = written and any(cell.text == _LITTLE for cell in cells)
    sheet.paragraph(f"{note}; {_LITTLE} is more than none and under {_SHOWN:g}." if little else f"{note}.", most=2)


def _alt(days: Side, hours: Side, cells: Sequence[Sequence[Cell]]) -> str:
    said = []
    for day, row in zip(days.names, cells, strict=True):
        busy = [
            f"{hour}: {cell.text or 0}{' (peak)' if cell.marked else ''}"
            for hour, cell in zip(hours.names, row, strict=True)
            if cell.text or cell.marked
        ]
        said.append(f"{day} {', '.join(busy) if busy else 'none'}.")
    return f"Incidents by day, and by the hour that begins. {' '.join(said)}"
