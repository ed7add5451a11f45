"""How much of later months the methods would have caught: hit rate against the share of area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hotspots.maps import words
from hotspots.maps.figures import style
from hotspots.maps.figures.layout import kept, spread, ticks
from hotspots.maps.figures.lettering import drawable, lines, width
from hotspots.maps.figures.sheet import Sheet, house

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from hotspots.maps.figures.sheet import Caption, Drawing

_AXIS = 46.0
_PLOT = 264.0
_LEAST_TALL = 250.0
_LEADER, _SAMPLE = 14.0, 20.0
_NUMBERS = 34.0
_RANDOM = "random places"
_MOST_LINES = 2


@dataclass(frozen=True)
class _Way:
    """One line of the figure."""

    name: str
    held: npt.NDArray[np.float64]
    """Hit rate at each share of the area; NaN where there is none."""
    colour: str
    thick: float
    pattern: tuple[float, ...]
    marker: str
    bold: bool = False
    chance: bool = False
    """It holds what it covers, at any share."""


@house()
def hit_rate_figure(
    summary: pd.DataFrame,
    ours: str,
    caption: Caption,
    baselines: Sequence[str] = (),
) -> Drawing:
    """Draw the share of later incidents caught against the share of the area searched, for several methods.

    The share of the area runs on a logarithmic scale, since 1 % and 2 % of it matter most. Beside the end of
    each line stand the hit rate and the PAI there, (n/N)/(a/A) (Chainey, Tompson and Uhlig 2008); under each
    share of the area, the PAI of the method in use.

    Parameters
    ----------
    summary
        Index ``method`` and ``share_of_area`` (above 0), unique; columns ``hit_rate``, ``low`` and ``high``
        (the interval; only that of the method in use is drawn). Empty values leave gaps; without any
        value of the method in use, a sentence is drawn.
    ours
        The method in use, drawn in ink.
    caption
        Title, numbers and method; say there what the interval is.
    baselines
        Methods that are only compared with, drawn thin.

    Returns
    -------
    Drawing
        One line for each method and one for random places, each named at its end; lines are told apart by
        pattern and sign, too.

    Raises
    ------
    ValueError
        The index repeats, or a share of the area is not above 0.
    """
    if not summary.index.is_unique:
        raise ValueError("each method has one row for each share of the area")
    table = summary["hit_rate"].astype("float64").unstack("share_of_area").sort_index(axis="columns")  # noqa: PD010
    shares = table.columns.to_numpy(dtype=np.float64)
    if len(shares) and not shares[0] > 0:
        raise ValueError("a share of the area lies above 0")
    sheet = Sheet(caption)
    if ours not in table.index or table.loc[[ours]].isna().to_numpy().all():
        said = f"There is no test of {ours} on months it had not seen."
        sheet.sentence(said)
        return sheet.finish(said)
    names = [name for name in dict.fromkeys(summary.index.get_level_values("method")) if name != ours]
    ways = _ways(table, names, ours, set(baselines))
    band = summary.loc[[ours], ["low", "high"]].droplevel("method").astype("float64").reindex(table.columns)
    low, high = (band[name].to_numpy(dtype=np.float64) for name in ("low", "high"))
    plot = _Plot(sheet, shares, [*(way.held for way in ways), high], _tall_labels(ways))
    plot.axes(ways[0])
    plot.band(low, high)
    for way in reversed(ways):  # the method in use comes first, and so lies on top
        plot.way(way)
    plot.labels(ways)
    return sheet.finish(_alt(ways, shares))


def _ways(table: pd.DataFrame, names: Sequence[str], ours: str, baselines: set[str]) -> list[_Way]:
    held = table.to_numpy(dtype=np.float64)
    rows = dict(zip(table.index, held, strict=True))
    ways = [_Way(ours, rows[ours], style.INK, style.HEAVY, style.SOLID, "o", bold=True)]
    for number, name in enumerate(name for name in names if name not in baselines):
        pattern = style.PATTERNS[number % len(style.PATTERNS)]
        marker = style.MARKERS[number % len(style.MARKERS)]
        ways.append(_Way(name, rows[name], style.LOUD, style.LINE, pattern, marker))
    for number, name in enumerate(name for name in names if name in baselines):
        pattern = style.BASE_PATTERNS[number % len(style.BASE_PATTERNS)]
        ways.append(_Way(name, rows[name], style.QUIET, style.HAIR * 1.4, pattern, ""))
    random = table.columns.to_numpy(dtype=np.float64)
    return [*ways, _Way(_RANDOM, random, style.QUIET, style.HAIR * 1.4, style.DOTTED, "", chance=True)]


def _room() -> float:
    return style.WIDTH - 2 * style.MARGIN - _AXIS - _PLOT - _LEADER - _SAMPLE - 2 * _NUMBERS - 8.0


def _named(way: _Way) -> list[str]:
    return lines(way.name, _room(), style.SMALL, most=_MOST_LINES, bold=way.bold)


def _tall(way: _Way) -> float:
    return (len(_named(way)) or 1) * style.SMALL * style.LEADING + 2.0


def _tall_labels(ways: Sequence[_Way]) -> float:
    return sum(map(_tall, ways))


class _Plot:
    """The plot itself: share of the area on a logarithmic scale, hit rate from 0."""

    def __init__(
        self,
        sheet: Sheet,
        shares: npt.NDArray[np.float64],
        values: Sequence[npt.NDArray[np.float64]],
        least: float,
    ) -> None:
        self._sheet, self._shares = sheet, shares
        self._left, self._top = sheet.left + _AXIS, sheet.y + 16.0
        self._tall = max(_LEAST_TALL, least)
        self._ticks = ticks(float(np.nanmax(np.concatenate(values))), 5)

    def x(self, share: float) -> float:
        low, high = np.log(self._shares[[0, -1]])
        part = (np.log(share) - low) / (high - low) if high > low else 0.5
        return float(self._left + 8.0 + (_PLOT - 8.0) * part)

    def y(self, held: float) -> float:
        return self._top + self._tall * (1 - held / self._ticks[-1])

    def axes(self, ours: _Way) -> None:
        """Draw both axes, and under each share of the area the PAI of the method in use."""
        sheet, bottom = self._sheet, self.y(0)
        for value in self._ticks:
            sheet.line([self._left, self._left + _PLOT], [self.y(value)] * 2)
            sheet.text(self._left - 6.0, self.y(value), f"{100 * value:g}\u202f%", size=style.SMALL, align="right")
        places = [self.x(share) for share in self._shares]
        first = [f"{100 * share:g}\u202f%" for share in self._shares]
        second = [_pai(held, share) for held, share in zip(ours.held, self._shares, strict=True)]
        wide = [
            max(width(one, style.SMALL), width(other, style.SMALL, bold=True))
            for one, other in zip(first, second, strict=True)
        ]
        for at in kept(places, wide, 6.0):
            sheet.line([places[at]] * 2, [bottom, bottom + 4.0])
            sheet.text(places[at], bottom + 11.0, first[at], size=style.SMALL, align="center")
            sheet.text(
                places[at], bottom + 36.0, second[at], size=style.SMALL, align="center", bold=True, colour=style.INK
            )
        middle = self._left + _PLOT / 2
        sheet.note(middle, bottom + 22.5, "share of the area searched, log scale", align="center")
        sheet.note(middle, bottom + 47.5, "PAI of the thick line: times what random places hold", align="center")
        turned = sheet.left + 6.0
        sheet.note(turned, self._top + self._tall / 2, "share of later incidents inside", align="center", rotation=90)
        sheet.y = bottom + 54.0

    def band(self, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> None:
        """Fill the interval between neighbouring shares that both have one."""
        known = np.isfinite(low) & np.isfinite(high)
        runs = np.split(np.arange(len(known)), np.flatnonzero(~known))
        for run in ([at for at in some if known[at]] for some in runs):
            x = [self.x(self._shares[at]) for at in run]
            if len(run) == 1:
                self._sheet.line(x * 2, [self.y(low[run[0]]), self.y(high[run[0]])], colour=style.TINT, thick=9.0)
            elif run:
                upper, lower = ([self.y(side[at]) for at in run] for side in (high, low))
                self._sheet.area([*x, *x[::-1]], [*upper, *lower[::-1]], style.TINT)

    def way(self, way: _Way) -> None:
        """Draw one line; random places hold what they cover, between the shares, too."""
        shares, held = self._shares, way.held
        if _last(held) is None:
            return
        if way.chance:
            shares = held = np.geomspace(shares[0], shares[-1], 40)
        x, y = [self.x(share) for share in shares], [self.y(value) for value in held]
        self._sheet.line(x, y, colour=way.colour, thick=way.thick, pattern=way.pattern)
        for at in np.flatnonzero(np.isfinite(held)) if way.marker else ():
            self._sheet.sign(x[at], y[at], way.marker, face=way.colour if way.bold else style.PAPER, edge=way.colour)

    def labels(self, ways: Sequence[_Way]) -> None:
        """Name each line at its end, with the numbers there, none over another."""
        sheet, right = self._sheet, self._left + _PLOT
        last = [_last(way.held) for way in ways]
        wanted = [self.y(way.held[at]) if at is not None else self.y(0) for way, at in zip(ways, last, strict=True)]
        middles = spread(wanted, [_tall(way) for way in ways], self._top, self._top + self._tall)
        head = self._top - 13.0
        sheet.note(sheet.right - _NUMBERS, head, f"inside at {100 * self._shares[-1]:g}\u202f%", align="right")
        sheet.note(sheet.right, head, "PAI", align="right")
        for way, at, from_y, y in zip(ways, last, wanted, middles, strict=True):
            if at is not None:
                start = self.x(self._shares[at]) + 3.0
                sheet.line([start, right + 3.0, right + _LEADER], [from_y, from_y, y], colour=way.colour)
            sample = right + _LEADER
            sheet.line(
                [sample, sample + _SAMPLE - 4.0], [y, y], colour=way.colour, thick=way.thick, pattern=way.pattern
            )
            if way.marker:
                face = way.colour if way.bold else style.PAPER
                sheet.sign(sample + _SAMPLE / 2 - 2.0, y, way.marker, face=face, edge=way.colour)
            broken, step = _named(way), style.SMALL * style.LEADING
            for number, line in enumerate(broken):
                top = y + (number - (len(broken) - 1) / 2) * step
                sheet.text(sample + _SAMPLE, top, line, size=style.SMALL, colour=way.colour, bold=way.bold)
            inside, pai = _said(way.held[-1]), _pai(way.held[-1], self._shares[-1])
            sheet.text(sheet.right - _NUMBERS, y, inside, size=style.SMALL, align="right", bold=way.bold)
            sheet.text(sheet.right, y, pai, size=style.SMALL, align="right", bold=way.bold)


def _last(held: npt.NDArray[np.float64]) -> int | None:
    known = np.flatnonzero(np.isfinite(held))
    return int(known[-1]) if len(known) else None


def _said(held: float) -> str:
    if not np.isfinite(held):
        return words.NONE
    return words.share(held).replace("under ", "<")


def _pai(held: float, share: float) -> str:
    return words.rate(held / share)


def _alt(ways: Sequence[_Way], shares: npt.NDArray[np.float64]) -> str:
    said = []
    for way in ways:
        parts = [
            f"{_said(held)} in {100 * share:g}\u202f% of the area (PAI {_pai(held, share)})"
            for held, share in zip(way.held, shares, strict=True)
        ]
        said.append(f"{drawable(way.name)}: {', '.join(parts)}.")
    return f"Share of later incidents inside the places chosen. {' '.join(said)}"
