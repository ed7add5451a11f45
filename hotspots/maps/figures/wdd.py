"""Did it work: counts before and after, and the weighted displacement difference with its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hotspots.maps.figures import style
from hotspots.maps.figures.layout import kept, step, ticks
from hotspots.maps.figures.lettering import lines, plain, width
from hotspots.maps.figures.sheet import Sheet, house
from hotspots.maps.words import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from hotspots.maps.figures.sheet import Align, Caption, Drawing

_ROW = 32.0
_NAMES = 130.0
_CHANGE = 46.0
_DOT = 8.0
_WHOLE_FROM = 10
_MINUS = "\N{MINUS SIGN}"
_PAD = 0.1
"""Of the axis left free at either end, enough for a word beside the line of no effect."""


@house()
def wdd_figure(
    counts: pd.DataFrame,
    treated: str,
    estimate: tuple[float, float, float],
    caption: Caption,
) -> Drawing:
    """Draw counts before and after, and the weighted displacement difference (Wheeler and Ratcliffe 2018).

    Parameters
    ----------
    counts
        Index the places in words (treated, control and the rings around both), columns ``before`` and
        ``after``; empty: not known. Without any count, a sentence is drawn.
    treated
        The place of the index where something was done, drawn in ink.
    estimate
        The difference, and the lower and upper end of its interval; below 0 means fewer incidents than
        without it. Drawn where all three are finite.
    caption
        Title, numbers and method; say there how wide the interval is.

    Returns
    -------
    Drawing
        One row a place, hollow before and filled after, with both counts and their difference.

    Raises
    ------
    ValueError
        The index repeats, or a count is negative.
    """
    if not counts.index.is_unique:
        raise ValueError("each place has one row")
    values = counts[["before", "after"]].to_numpy(dtype=np.float64, na_value=np.nan)
    if (values < 0).any():
        raise ValueError("a count is not below 0")
    sheet = Sheet(caption)
    if not np.isfinite(values).any():
        said = "There are no counts before and after to compare."
        sheet.sentence(said)
        return sheet.finish(said)
    rows = [(plain(name), before, after) for name, (before, after) in zip(counts.index, values, strict=True)]
    _dumbbells(sheet, rows, plain(treated))
    known = all(math.isfinite(value) for value in estimate)
    said = _estimate_words(*estimate) if known else "The difference cannot be estimated."
    sheet.text(sheet.left, sheet.y + 8.0, said, bold=True, colour=style.INK)
    sheet.y += 22.0
    if known:
        _interval(sheet, *estimate)
    parts = [f"{name}: {_count(before)} before, {_count(after)} after." for name, before, after in rows]
    return sheet.finish(f"{' '.join(parts)} {said}")


def _dumbbells(sheet: Sheet, rows: Sequence[tuple[str, float, float]], treated: str) -> None:
    known = [value for row in rows for value in row[1:] if math.isfinite(value)]
    top = ticks(max(*known, 1.0), 4, whole=True)
    room = max(width(_count(value), style.SMALL, bold=True) for value in known) + _DOT
    changes = [_change(before, after) for _, before, after in rows]
    beside = max(_CHANGE, *(width(change, style.SIZE, bold=True) for change in changes))
    left, right = sheet.left + _NAMES + room, sheet.right - beside - room - 2 * _DOT

    def x(value: float) -> float:
        return left + (right - left) * value / top[-1]

    head, first = sheet.y + 6.0, sheet.y + 20.0
    _key(sheet, left, head)
    sheet.note(sheet.right, head, "change", align="right")
    bottom = first + _ROW * len(rows)
    for value in top:
        sheet.line([x(value)] * 2, [first, bottom])
    names = [f"{value:,.0f}" for value in top]
    for at in kept([x(value) for value in top], [width(name, style.SMALL) for name in names], 4.0):
        sheet.note(x(top[at]), bottom + 8.0, names[at], align="center")
    for number, (name, before, after) in enumerate(rows):
        y = first + _ROW * (number + 0.5)
        own = name == treated
        colour = style.INK if own else style.QUIET
        broken = lines(name, _NAMES - 10.0, style.SIZE, most=2, bold=own)
        for at, line in enumerate(broken):
            middle = y + (at - (len(broken) - 1) / 2) * style.SIZE * style.LEADING
            sheet.text(sheet.left, middle, line, bold=own, colour=colour if own else style.TEXT)
        _dumbbell(sheet, y, (x(before), before), (x(after), after), own=own)
        sheet.text(sheet.right, y, changes[number], align="right", bold=own, colour=colour if own else style.TEXT)
    sheet.y = bottom + 26.0


def _key(sheet: Sheet, left: float, y: float) -> None:
    sheet.sign(left, y, "o", size=6.5, face=style.PAPER, edge=style.QUIET)
    sheet.note(left + 8.0, y, "before")
    after = left + 8.0 + width("before", style.SMALL) + 16.0
    sheet.sign(after, y, "o", size=6.5, face=style.QUIET, edge=style.QUIET)
    sheet.note(after + 8.0, y, "after")


def _dumbbell(sheet: Sheet, y: float, before: tuple[float, float], after: tuple[float, float], *, own: bool) -> None:
    """Draw one row; the lower count stands to the left of its dot, the higher one to the right."""
    colour = style.INK if own else style.QUIET
    sheet.line([before[0], after[0]], [y, y], colour=colour if own else style.BAR, thick=style.HEAVY)
    for (x, value), face in ((before, style.PAPER), (after, colour)):
        if math.isfinite(value):
            sheet.sign(x, y, "o", size=_DOT, face=face, edge=colour)
    known = [end for end in (before, after) if math.isfinite(end[1])]
    low, high = (min(known, default=None), max(known, default=None))
    sides: tuple[tuple[tuple[float, float] | None, Align, float], ...] = ((low, "right", -_DOT), (high, "left", _DOT))
    for end, align, away in sides:
        if end is not None and (align == "left" or low != high):
            place = end[0] + away
            sheet.text(place, y, _count(end[1]), size=style.SMALL, align=align, bold=own, colour=colour)


def _interval(sheet: Sheet, middle: float, low: float, high: float) -> None:
    """Draw the estimate and its interval on an axis that holds no effect."""
    ends = (min(low, middle, 0.0), max(high, middle, 0.0))
    pad = _PAD * max(ends[1] - ends[0], 1.0)
    start, span = ends[0] - pad, ends[1] - ends[0] + 2 * pad

    def x(value: float) -> float:
        return sheet.left + sheet.room * (value - start) / span

    each = step(span, 6)
    first, last = math.ceil(start / each), math.floor((start + span) / each)
    marks = [each * number for number in range(first, last + 1)]
    y, bottom = sheet.y + 20.0, sheet.y + 34.0
    sheet.line([sheet.left, sheet.right], [bottom, bottom])
    names = [_signed(value, plus=False) for value in marks]
    at_edge = [width(name, style.SMALL) / 2 for name in names]
    inside = [
        at
        for at in kept([x(value) for value in marks], [2 * half for half in at_edge], 4.0)
        if sheet.left <= x(marks[at]) - at_edge[at] and x(marks[at]) + at_edge[at] <= sheet.right
    ]
    for at in inside:
        sheet.line([x(marks[at])] * 2, [bottom, bottom + 4.0], colour=style.QUIET)
        sheet.note(x(marks[at]), bottom + 11.0, names[at], align="center")
    sheet.line([x(0)] * 2, [sheet.y + 6.0, bottom], colour=style.TEXT, thick=style.LINE)
    sides: tuple[tuple[str, Align, float], ...] = (("fewer", "right", -6.0), ("more", "left", 6.0))
    for words, align, away in sides:
        sheet.note(x(0) + away, sheet.y + 4.0, words, align=align)
    sheet.line([x(low), x(high)], [y, y], colour=style.INK, thick=style.HEAVY)
    for end in (low, high):
        sheet.line([x(end)] * 2, [y - 4.0, y + 4.0], colour=style.INK, thick=style.LINE)
    sheet.sign(x(middle), y, "o", size=_DOT, face=style.INK, edge=style.PAPER)
    sheet.y = bottom + 18.0


def _estimate_words(middle: float, low: float, high: float) -> str:
    middle_said, low_said, high_said = (_signed(value, plus=False) for value in (middle, low, high))
    return f"Weighted displacement difference {middle_said} (interval {low_said} to {high_said})"


def _change(before: float, after: float) -> str:
    return NONE if math.isnan(after - before) else _signed(after - before)


def _count(value: float) -> str:
    return NONE if math.isnan(value) else f"{value:,.0f}" if value % 1 == 0 else f"{value:,.1f}"


def _signed(value: float, *, plus: bool = True) -> str:
    """Return a number with a true minus: two figures of it, all of its whole part, zero only where it is."""
    size = abs(value)
    text = f"{size:,.0f}" if size >= _WHOLE_FROM or size % 1 == 0 else f"{size:.2g}"
    sign = "" if not float(text.replace(",", "")) else _MINUS if value < 0 else "+" if plus else ""
    return f"{sign}{text}"
