"""How few places hold most of the incidents: the Lorenz curve as a figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hotspots.maps import words
from hotspots.maps.figures import style
from hotspots.maps.figures.lettering import width
from hotspots.maps.figures.sheet import Sheet, house

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.maps.figures.sheet import Caption, Drawing

_WIDE, _TALL = 440.0, 310.0
_AXIS = 46.0
"""Room for the numbers left of the plot and its title."""
_PAD = 9.0
_HALF = 0.5
_EVEN_AT = 0.88
"""Where on the diagonal its name stands, out of the way of other words."""
_LOWEST = 0.1
_SCALE = "0 = even spread, 1 = all in one place"


@house()
def concentration_figure(
    curve: pd.DataFrame,
    gini: float,
    marked: tuple[float, float],
    caption: Caption,
) -> Drawing:
    """Draw the share of incidents against the share of area, the densest units first (Lorenz 1905).

    Parameters
    ----------
    curve
        What ``analysis.concentration.lorenz`` returned: columns ``share_of_area`` and ``share_of_n``,
        rising from 0 to 1; without rows, a sentence is drawn.
    gini
        Gini coefficient of the curve.
    marked
        The point of the curve to read off: share of the area, share of the incidents, for example
        ``(0.034, 0.5)``.
    caption
        Title, numbers and method.

    Returns
    -------
    Drawing
        The curve, the diagonal of an even spread and the marked point, each with its words beside it.
    """
    sheet = Sheet(caption)
    if curve.empty or not np.isfinite([*marked, gini]).all():
        said = "There is no incident whose place could be drawn."
        sheet.sentence(said)
        return sheet.finish(said)
    plot = _Plot(sheet, sheet.left + _AXIS, sheet.y)
    plot.axes()
    area, n = (curve[name].to_numpy(dtype=np.float64) for name in ("share_of_area", "share_of_n"))
    sheet.area([plot.x(value) for value in area], [plot.y(value) for value in n], style.SOFT)
    sheet.line([plot.x(0), plot.x(1)], [plot.y(0), plot.y(1)], colour=style.QUIET, thick=style.LINE, pattern=(5, 3))
    sheet.line([plot.x(value) for value in area], [plot.y(value) for value in n], colour=style.INK, thick=style.HEAVY)
    lines = _marked_words(*marked)
    plot.mark(*marked, lines)
    # Under the diagonal there is always room: a curve from dense to thin never falls below it.
    turn = math.degrees(math.atan2(_TALL, _WIDE))
    sheet.note(plot.x(_EVEN_AT) + _PAD, plot.y(_EVEN_AT) + _PAD, "even spread", align="center", rotation=turn)
    right, at = plot.x(1) - _PAD, plot.y(0.13)
    sheet.text(right, at, f"Gini {gini:.2f}", bold=True, colour=style.INK, align="right")
    sheet.note(right, at + 13.0, _SCALE, align="right")
    sheet.y = plot.y(0) + 34.0
    return sheet.finish(f"Lorenz curve of incidents against area. {' '.join(lines)}. Gini {gini:.2f}, where {_SCALE}.")


def _marked_words(area: float, n: float) -> tuple[str, str]:
    what = "Half" if math.isclose(n, _HALF) else words.share(n)
    return f"{what} of the incidents", f"in {words.share(area)} of the area"


class _Plot:
    """The plot itself: both shares from 0 to 1 along two sides."""

    def __init__(self, sheet: Sheet, left: float, top: float) -> None:
        self._sheet, self._left, self._bottom = sheet, left, top + _TALL

    def x(self, share: float) -> float:
        return self._left + _WIDE * share

    def y(self, share: float) -> float:
        return self._bottom - _TALL * share

    def axes(self) -> None:
        for tenth in range(0, 101, 20):
            x, y = self.x(tenth / 100), self.y(tenth / 100)
            self._sheet.line([self.x(0), self.x(1)], [y, y])
            self._sheet.line([x, x], [self.y(0), self.y(0) + 4.0])
            self._sheet.text(self.x(0) - 6.0, y, f"{tenth}\u202f%", size=style.SMALL, align="right")
            self._sheet.text(x, self.y(0) + 11.0, f"{tenth}\u202f%", size=style.SMALL, align="center")
        middle = _HALF
        along = "share of the area, the densest places first"
        self._sheet.note(self.x(middle), self.y(0) + 26.0, along, align="center")
        turned = self._left - _AXIS + 6.0
        self._sheet.note(turned, self.y(middle), "share of the incidents", align="center", rotation=90)

    def mark(self, area: float, n: float, lines: tuple[str, str]) -> None:
        """Write the words of a point beside it where the diagonal leaves room, else beyond the diagonal."""
        x, y = self.x(area), self.y(n)
        for to_x, to_y in ((self.x(0), y), (x, self.y(0))):
            self._sheet.line([x, to_x], [y, to_y], colour=style.INK, thick=style.HAIR, pattern=style.DOTTED)
        wide = max(width(line, style.SIZE, bold=True) for line in lines)
        step = style.SIZE * style.LEADING
        left, first = x + _PAD, y + 0.75 * step
        # Where the lower line ends, the diagonal must still be to the right of it.
        if left + wide + _PAD > self.x((self._bottom - first - 1.5 * step) / _TALL):
            slope, level = _TALL / _WIDE, max(n, _LOWEST)
            left = min(self.x(level) + (1.5 * step + _PAD) / slope, self.x(1) - _PAD - wide)
            under = self._bottom - slope * (left - self._left) + step + _PAD
            first = max(self.y(level) - 0.5 * step, under)
            self._sheet.box(left - 4.0, first - 0.6 * step, wide + 8.0, 2.2 * step, style.PAPER)
            self._sheet.line([x, left - 4.0], [y, first + 0.5 * step], colour=style.INK)
        for number, line in enumerate(lines):
            self._sheet.text(left, first + number * step, line, bold=True, colour=style.INK)
        self._sheet.sign(x, y, "o", size=8.0, face=style.INK, edge=style.PAPER)
