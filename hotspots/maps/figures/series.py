"""Months beside each other: counts as bars, the usual range behind them, missing months as gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.maps import words
from hotspots.maps.figures import style
from hotspots.maps.figures.layout import kept, ticks
from hotspots.maps.figures.lettering import width
from hotspots.maps.figures.sheet import Sheet, house

if TYPE_CHECKING:
    import numpy.typing as npt

    from hotspots.maps.figures.sheet import Caption, Drawing

_TALL = 190.0
_BAR = 0.72
"""Share of a month's room that its bar takes."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GAP = 3.0
_UNKNOWN, _UNKNOWN_TALL = "?", 16.0
_ABOVE = 7.0
"""Of a bar stands the middle of its number."""
_WIDEST = 44.0
"""Of a bar in points, where months are few."""
_USUAL = "usual"
_CLEAR = 6.5
"""Distance in points at which a number is clear of a line."""


@house()
def series_figure(counts: pd.Series, usual: tuple[float, float] | None, caption: Caption) -> Drawing:
    """Draw the count of each month and the range usual for the last one.

    Parameters
    ----------
    counts
        Incidents by month, on an index of unique monthly periods in any order. Empty counts and months
        between the first and the last that are not in the index are missing: a gap and a ``?``, never a
        zero. Without any count, a sentence is drawn.
    usual
        Lowest and highest usual count of the last month, drawn across; none: not known.
    caption
        Title, numbers and method; say there what the range is made from.

    Returns
    -------
    Drawing
        One bar a month, the last one in ink and with a sign where it lies outside the usual range.

    Raises
    ------
    ValueError
        A month is there twice, or a count is negative.
    """
    sheet = Sheet(caption)
    if counts.dropna().empty:
        said = "No file holds any of these months."
        sheet.sentence(said)
        return sheet.finish(said)
    if not counts.index.is_unique:
        raise ValueError("each month has one count")
    months = pd.period_range(counts.index.min(), counts.index.max(), freq="M")
    values = counts.reindex(months).to_numpy(dtype=np.float64, na_value=np.nan)
    if (values < 0).any():
        raise ValueError("a count is not below 0")
    plot = _Plot(sheet, months, values, usual)
    plot.axes()
    plot.bars()
    plot.numbers()
    plot.months()
    return sheet.finish(_alt(months, values, usual))


class _Plot:
    """The plot itself: one slot for each month, counts from 0."""

    def __init__(
        self,
        sheet: Sheet,
        months: pd.PeriodIndex,
        values: npt.NDArray[np.float64],
        usual: tuple[float, float] | None,
    ) -> None:
        self._sheet, self._months, self._values, self._usual = sheet, months, values, usual
        self._top = sheet.y + 16.0
        self._ticks = ticks(max(float(np.nanmax(values)), *(usual or ()), 1.0), 4, whole=True)
        names = [f"{value:,.0f}" for value in self._ticks]
        self._left = sheet.left + max(width(name, style.SMALL) for name in names) + 8.0
        self._range = words.usual(*usual) if usual else ""
        beside = max(width(_USUAL, style.SIZE, bold=True), width(self._range, style.SIZE, bold=True)) + 12.0
        self._right = sheet.right - (beside if usual else 0.0)
        self._slot = (self._right - self._left) / len(months)

    def x(self, at: float) -> float:
        return self._left + (at + 0.5) * self._slot

    def y(self, value: float) -> float:
        return self._top + _TALL * (1 - value / self._ticks[-1])

    def axes(self) -> None:
        """Draw the scale, and the usual range behind the bars."""
        sheet = self._sheet
        if self._usual:
            low, high = self._usual
            sheet.box(self._left, self.y(high), self._right - self._left, self.y(low) - self.y(high), style.SOFT)
        for value in self._ticks:
            sheet.line([self._left, self._right], [self.y(value)] * 2)
            sheet.text(self._left - 6.0, self.y(value), f"{value:,.0f}", size=style.SMALL, align="right")

    def bars(self) -> None:
        """Draw the bars, then the ends of the usual range over them."""
        sheet, wide = self._sheet, min(_BAR * self._slot, _WIDEST)
        for at, value in enumerate(self._values):
            fill = style.INK if at == len(self._values) - 1 else style.BAR
            if np.isnan(value):
                continue
            sheet.box(self.x(at) - wide / 2, self.y(value), wide, self.y(0) - self.y(value), fill)
        sheet.line([self._left, self._right], [self.y(0)] * 2, colour=style.QUIET)
        if self._usual is None:
            return
        # Read against the ink of the last bar as well as against paper, so in a colour between the two.
        for value in self._usual:
            sheet.line([self._left, self._right], [self.y(value)] * 2, colour=style.LOUD, thick=1.0, pattern=(4, 2.5))
        step = style.SIZE * style.LEADING
        middle = min((self.y(self._usual[0]) + self.y(self._usual[1])) / 2, self.y(0) - step / 2)
        for line, y in ((_USUAL, middle - step / 2), (self._range, middle + step / 2)):
            sheet.text(self._right + 8.0, y, line, colour=style.LOUD, bold=True)

    def numbers(self) -> None:
        """Write counts above bars: all where there is room for all, else the first, the extremes and the last."""
        values, end = self._values, len(self._values) - 1
        known = np.flatnonzero(~np.isnan(values))
        texts = {int(at): self._number(int(at)) for at in known}
        wide = {at: width(text, style.SMALL, bold=at == end) for at, text in texts.items()}
        order = sorted(texts)
        if max(wide.values()) + _GAP > self._slot:
            order = sorted({order[0], order[-1], int(np.nanargmax(values)), int(np.nanargmin(values))})
        places = {at: self._leaning(at, wide[at] / 2) for at in order}
        order = [order[at] for at in kept([places[at] for at in order], [wide[at] for at in order], _GAP)]
        for at in order:
            low, high = self.y(values[at]), self._highest(places[at], wide[at] / 2)
            # Over a higher neighbour a number would be taken for the neighbour's; the last is always said.
            if at == end or high > low - 1.0:
                ink = style.INK if at == end else style.QUIET
                y = self._clear(min(low, high))
                self._sheet.text(places[at], y, texts[at], size=style.SMALL, align="center", bold=at == end, colour=ink)
        self._gaps()

    def _gaps(self) -> None:
        """Write one sign for each missing month, or for each run of them where months are narrow."""
        gaps = np.flatnonzero(np.isnan(self._values))
        narrow = self._slot < width(_UNKNOWN, style.SIZE, bold=True) + _GAP
        runs = np.split(gaps, np.flatnonzero(np.diff(gaps) > 1) + 1) if len(gaps) else []
        for place in (float(place) for run in runs for place in ([run.mean()] if narrow else run)):
            y = self.y(0) - _UNKNOWN_TALL / 2
            self._sheet.text(self.x(place), y, _UNKNOWN, align="center", colour=style.QUIET, bold=True)

    def _leaning(self, at: int, half: float) -> float:
        """Return the middle of a number above its bar; at the edge of the plot a wide one leans inwards."""
        return min(max(self.x(at), self._left + half), max(self._right - half, self._left + half))

    def _highest(self, x: float, half: float) -> float:
        """Return the upper end of what stands under a number."""
        tops = np.array([self.y(value) for value in self._values])
        tops[np.isnan(tops)] = self.y(0) - _UNKNOWN_TALL
        middles = np.array([self.x(at) for at in range(len(tops))])
        return float(tops[np.abs(middles - x) < half + self._slot / 2].min())

    def _clear(self, top: float) -> float:
        """Return where a number stands: above a bar and off the ends of the usual range."""
        y = top - _ABOVE
        for end in sorted((self.y(value) for value in self._usual or ()), reverse=True):
            if abs(end - y) < _CLEAR:
                y = end - _ABOVE
        return y

    def _number(self, at: int) -> str:
        value = self._values[at]
        sign = ""
        if at == len(self._values) - 1 and self._usual:
            low, high = self._usual
            sign = " ▲" if value > high else " ▼" if value < low else ""
        return f"{value:,.0f}{sign}"

    def months(self) -> None:
        """Name the months where there is room, and the years below."""
        sheet, y = self._sheet, self.y(0)
        names = [_MONTHS[month.month - 1] for month in self._months]
        if max(width(name, style.SMALL) for name in names) + _GAP > self._slot:
            names = [name[0] for name in names]
        if max(width(name, style.SMALL) for name in names) + 1.0 <= self._slot:
            for at, name in enumerate(names):
                sheet.text(self.x(at), y + 10.0, name, size=style.SMALL, align="center")
        years = self._months.year
        firsts = [at for at in range(len(years)) if at == 0 or years[at] != years[at - 1]]
        ends = [*firsts[1:], len(years)]
        spans = [(first, end, str(years[first])) for first, end in zip(firsts, ends, strict=True)]
        middles = [self.x((first + end - 1) / 2) for first, end, _ in spans]
        shown = kept(middles, [width(name, style.SMALL) for *_, name in spans], 2 * _GAP)
        for at, (first, _, name) in enumerate(spans):
            if first:
                edge = self._left + first * self._slot
                sheet.line([edge, edge], [y, y + 26.0])
            if at in shown:
                sheet.note(middles[at], y + 22.0, name, align="center")
        sheet.y = y + 30.0


def _alt(
    months: pd.PeriodIndex,
    values: npt.NDArray[np.float64],
    usual: tuple[float, float] | None,
) -> str:
    said = [
        f"{_MONTHS[month.month - 1]} {month.year} {'missing' if np.isnan(value) else f'{value:,.0f}'}"
        for month, value in zip(months, values, strict=True)
    ]
    span = f" Usual for the last month: {words.usual(*usual)}." if usual else ""
    return f"Incidents by month: {', '.join(said)}.{span}"
