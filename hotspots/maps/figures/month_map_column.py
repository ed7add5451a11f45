"""What stands beside the month's map: headline, ranked table and legend, each in the room that is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from hotspots.maps.agenda import of_days, of_span, opening
from hotspots.maps.figures import month_map_page as page
from hotspots.maps.figures import style
from hotspots.maps.figures.lettering import drawable, fit, lines, width
from hotspots.maps.figures.month_map_frame import example_sizes, hatch, location_fill, radius_of, with_share
from hotspots.maps.figures.month_map_marks import (
    BESIDE_LINE,
    BESIDE_PATTERN,
    draw_disc,
    draw_event,
    draw_event_ground,
    sign_of,
)
from hotspots.maps.figures.month_map_page import path_of
from hotspots.maps.panel import hotspot_rows, legends, status_signs
from hotspots.maps.payload import ranked
from hotspots.maps.signs import GROUNDS, kind_counts, risk_counts
from hotspots.maps.style import class_colours

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from hotspots.maps.content import PageContent
    from hotspots.maps.figures.month_map_frame import Ground
    from hotspots.maps.figures.month_map_marks import Drawn
    from hotspots.maps.figures.month_map_page import MapSheet

_STEP = page.SIZE * style.LEADING
_SMALL_STEP = page.SMALL * 1.22
_HEAD = 12.0
_DISC_ROOM, _BETWEEN = 22.0, 9.0
_LEAST_ROOM = 24.0
"""Of a column of numbers, so that its heading has room."""
_TIGHT = 12.2
"""Height of a row of one line; one with a quiet line is as high as its words."""
_ROW_PAD, _MOST_NAME = 3.2, 2
_KEEP = 64.0
"""The table keeps at least so much height."""
_SWATCH, _ICON = 11.0, 20.0
_SIGN_SIZE, _SIGN = 5.6, 20.0
"""Of an event's sign in the legend, from its middle, and the room that it takes beside its words."""
_CLASSES = 0.44
"""Share of the column that the classes take; the other signs stand beside them."""
_MOST_TITLE, _MOST_LINES, _MOST_KINDS, _MOST_LETTERS = 2, 4, 10, 6


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the legend: what is drawn at the middle of its sign, and its words."""

    draw: Callable[[float, float], None]
    said: Sequence[str]
    tall: float


class Column:
    """The column: what is written moves ``top`` down and ``bottom`` up, the table fills what is between."""

    def __init__(self, sheet: MapSheet, left: float, top: float, bottom: float) -> None:
        self._sheet, self._left, self._right = sheet, left, sheet.right
        self._wide = sheet.right - left
        self._top, self._bottom = top, bottom
        self._ends = (self._right, self._right, self._right)
        """Right ends of the columns month, usual range and signs."""

    def draw(self, content: PageContent, ground: Ground, drawn: Drawn) -> None:
        """Write headline, legend and table.

        Parameters
        ----------
        content
            What is shown.
        ground, drawn
            The map's scale, and what of the marks is on it.
        """
        entries = self._classes(content), self._signs(content, ground, drawn)
        title = lines(legends(content)[0].title, self._wide, page.SIZE, most=_MOST_TITLE, bold=True)
        tall = len(title) * _STEP + 3.0 + max(sum(entry.tall for entry in side) for side in entries)
        # The legend is never cut; the headline is, where the table would have no room left.
        room = self._bottom - self._top - tall - _KEEP - 22.0
        self._headline(content.words.headline, max(int(room / _STEP), 1))
        self._legend(title, *entries, self._bottom - tall)
        self._bottom -= tall + 10.0
        self._sheet.line([self._left, self._right], [self._bottom + 5.0, self._bottom + 5.0])
        self._table(content)

    def _headline(self, sentences: Sequence[str], most: int) -> None:
        """Write the headline on its own ground, with a bar of ink at its side."""
        inner = self._wide - 18.0
        broken: list[str] = []
        for sentence in sentences:
            if len(broken) < most:
                broken += lines(sentence, inner, page.SIZE, most=most - len(broken))
        if not broken:
            return
        tall = len(broken) * _STEP + 9.0
        self._sheet.box(self._left, self._top, self._wide, tall, style.SOFT)
        self._sheet.box(self._left, self._top, 2.6, tall, style.INK)
        for number, line in enumerate(broken):
            self._sheet.text(self._left + 10.0, self._top + 4.5 + (number + 0.5) * _STEP, line, size=page.SIZE)
        self._top += tall + 6.0

    # -------------------------------------------------------------------------------------------- the table

    def _table(self, content: PageContent) -> None:
        """Write the ranked hotspots as fully as there is room for, and as many of them as there is."""
        rows = hotspot_rows(content)
        signs = [sign_of(row) for row in ranked(content.hotspots).itertuples()]
        if not rows:
            self._sheet.text(self._left, self._top + _HEAD, "No place stands out.", size=page.SIZE)
            return
        room, wide = self._bottom - self._top - _HEAD, self._measure(rows, signs)
        roomy = len(rows) * (_STEP + _SMALL_STEP + _ROW_PAD) <= room
        names = [lines(row["name"], wide, page.SIZE, most=1) for row in rows]
        heights = [len(name) * _STEP + _SMALL_STEP + _ROW_PAD if roomy else _TIGHT for name in names]
        shown = len(rows) if sum(heights) <= room else max(int(room / _TIGHT) - 1, 0)
        for place, row in enumerate(rows if roomy else []):
            # By rank, as long as there is room: a long name goes on in a second line.
            whole = lines(row["name"], wide, page.SIZE, most=_MOST_NAME)
            grown = (len(whole) - len(names[place])) * _STEP
            if sum(heights) + grown <= room:
                names[place], heights[place] = whole, heights[place] + grown
        self._head(content.words.month_short)
        y = self._top + _HEAD
        for row, name, sign, tall in list(zip(rows, names, signs, heights, strict=True))[:shown]:
            self._row(row | {"lines": name, "sign": sign}, y, tall)
            y += tall
        if shown < len(rows):
            self._sheet.line([self._left, self._right], [y, y])
            more = f"{len(rows) - shown:,} more, by rank in hotspots.csv and on map.html"
            self._sheet.note_small(self._left, y + 0.5 * _TIGHT, fit(more, self._wide, page.SMALL))

    def _measure(self, rows: list[dict[str, Any]], signs: list[str]) -> float:
        """Set the columns as wide as their numbers are, and return the room of the names."""
        columns = [[row["month"] for row in rows], [row["usual"] for row in rows], signs]
        size = page.SIZE
        month, usual, sign = (
            max(_LEAST_ROOM, *(width(drawable(said), size, bold=True) for said in column)) for column in columns
        )
        right = self._right
        self._ends = (right - sign - usual - 2 * _BETWEEN, right - sign - _BETWEEN, right)
        return self._ends[0] - month - _BETWEEN - self._left - _DISC_ROOM

    def _head(self, month: str) -> None:
        y, ends = self._top + _HEAD / 2 - 1.0, self._ends
        self._sheet.note_small(self._left + _DISC_ROOM, y, "Hotspot")
        for end, words in ((ends[0], _one(month, 2 * _LEAST_ROOM, page.SMALL)), (ends[1], "usual")):
            self._sheet.text(end, y, words, size=page.SMALL, colour=style.QUIET, align="right")

    def _row(self, row: dict[str, Any], y: float, tall: float) -> None:
        sheet, ends, left = self._sheet, self._ends, self._left + _DISC_ROOM
        sheet.line([self._left, self._right], [y, y])
        roomy = tall > _TIGHT
        level = y + (_ROW_PAD / 2 + _STEP / 2 if roomy else tall / 2)
        self._rank(row["rank"], self._left + 8.0, y + tall / 2)
        for number, line in enumerate(row["lines"]):
            sheet.text(left, level + number * _STEP, line, size=page.SIZE)
        bold = bool(row["change"])
        sheet.text(ends[0], level, row["month"], size=page.SIZE, align="right", bold=bold)
        sheet.text(ends[1], level, row["usual"], size=page.SIZE, align="right")
        sheet.text(ends[2], level, row["sign"], size=page.SIZE, align="right", bold=True, colour=style.INK)
        if roomy:
            said = row["change"] or ("not tested" if row["untested"] else "")
            below = y + tall - _ROW_PAD / 2 - _SMALL_STEP / 2
            need = width(said, page.SMALL, bold=bold) + 6.0
            sheet.note_small(left, below, _one(row["small"], self._right - left - need, page.SMALL))
            colour = style.INK if bold else style.QUIET
            sheet.text(self._right, below, said, size=page.SMALL, align="right", bold=bold, colour=colour)

    def _rank(self, rank: int, x: float, y: float) -> None:
        wide = 5.4 if rank < 100 else 6.6  # noqa: PLR2004 - three figures need a wider disc
        disc = shapely.Point(x, y).buffer(wide, quad_segs=12)
        self._sheet.shapes([path_of(disc, fine=True)], fill=style.INK)
        self._sheet.text(x, y, str(rank), size=6.4, colour=style.PAPER, align="center", bold=True)

    # -------------------------------------------------------------------------------------------- the legend

    def _legend(self, title: Sequence[str], classes: list[_Entry], signs: list[_Entry], y: float) -> None:
        for line in title:
            self._sheet.text(self._left, y + _STEP / 2, line, size=page.SIZE, bold=True)
            y += _STEP
        for entries, left in ((classes, self._left), (signs, self._left + _CLASSES * self._wide)):
            at = y + 3.0
            for entry in entries:
                first = at + 5.6
                entry.draw(left + _ICON / 2 - 2.0, first)
                for number, line in enumerate(entry.said):
                    self._sheet.text(left + _ICON, first + number * _SMALL_STEP, line, size=page.SMALL)
                at += entry.tall

    def _entry(
        self, draw: Callable[[float, float], None], words: str, share: float, *, most: int = _MOST_LINES
    ) -> _Entry:
        said = lines(words, share * self._wide - _ICON - 3.0, page.SMALL, most=most)
        return _Entry(draw, said, max(11.6, len(said) * _SMALL_STEP + 3.0))

    def _classes(self, content: PageContent) -> list[_Entry]:
        """Return the classes with the number of LSOAs in each, as the page's legend counts them."""
        legend = legends(content)[0]
        made = []
        colours = class_colours(len(legend.classes))
        for place, (item, colour) in enumerate(zip(legend.classes, colours, strict=True)):
            unit = "" if place else " LSOA" if item.areas == 1 else " LSOAs"
            made.append(self._entry(self._swatch(colour), f"{item.words} · {item.areas:,}{unit}", _CLASSES))
        if legend.no_data:
            made.append(self._entry(self._no_data, f"no data · {legend.no_data:,}", _CLASSES))
        if (content.areas["zone"] == "ring").any():
            made.append(self._entry(self._faded(content), "faded: outside the line, not in the counts", _CLASSES))
        return made

    def _swatch(self, colour: str) -> Callable[[float, float], None]:
        def draw(x: float, y: float) -> None:
            self._box(x, y, colour, edge=page.SWATCH_LINE)

        return draw

    def _box(self, x: float, y: float, fill: str, *, edge: str) -> None:
        wide, tall = 1.3 * _SWATCH, 0.75 * _SWATCH
        self._sheet.box(x - wide / 2, y - tall / 2, wide, tall, fill, edge=edge, thick=0.5)

    def _no_data(self, x: float, y: float) -> None:
        self._box(x, y, page.LAND, edge=page.HATCH)
        half = 0.65 * _SWATCH, 0.375 * _SWATCH
        shape = shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])
        self._sheet.shapes(hatch(shape), edge=page.HATCH, thick=0.7)

    def _signs(self, content: PageContent, ground: Ground, drawn: Drawn) -> list[_Entry]:
        """Return what the other signs mean; a sign that is not on the map is not in the legend."""
        share = 1 - _CLASSES
        made = []
        if len(content.hotspots):
            made.append(self._entry(lambda x, y: draw_disc(self._sheet, x, y, 1), _of_hotspots(content, drawn), share))
        if content.beside is not None and len(content.beside):
            made.append(self._entry(self._beside, "hotspot of a neighbour", share))
        if len(of_span(content, opening(content))):
            made += self._events(content, drawn, share)
        if len(content.locations):
            made.append(self._locations(content, ground, share))
        return made

    def _events(self, content: PageContent, drawn: Drawn, share: float) -> list[_Entry]:
        """Return the signs of the events by risk, each with its number, and the letters of the kinds with theirs."""
        made, ends = [self._entry(_nothing, _of_events(content, drawn), share)], share * self._wide - _ICON
        risks = [(key, f"{said}\u00a0{n:,}") for key, said, n in risk_counts(drawn.events)]
        # As many signs in a row as there is room for.
        rows: list[list[tuple[str, str]]] = [[]]
        for key, said in risks:
            taken = sum(width(words, page.SMALL) + _SIGN for _, words in rows[-1])
            if rows[-1] and taken + width(said, page.SMALL) > ends:
                rows.append([])
            rows[-1].append((key, said))
        made += [_Entry(self._signs_row(row), (), 2 * _SIGN_SIZE + 1.0) for row in rows if row]
        if drawn.events.geom_type.isin(GROUNDS).any():
            made.append(self._entry(self._event_ground, "ground or route of an event", share))
        letters = _of_kinds(drawn)
        return [*made, self._entry(_nothing, letters, share, most=_MOST_LETTERS)] if letters else made

    def _event_ground(self, x: float, y: float) -> None:
        wide, tall = 1.3 * _SWATCH, 0.75 * _SWATCH
        shape = shapely.box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
        draw_event_ground(self._sheet, shape, None)

    def _signs_row(self, row: list[tuple[str, str]]) -> Callable[[float, float], None]:
        def draw(x: float, y: float) -> None:
            at = x
            for key, said in row:
                draw_event(self._sheet, at, y + 1.0, "", key, size=_SIGN_SIZE)
                self._sheet.text(at + _SIGN_SIZE + 3.0, y + 1.0, said, size=page.SMALL)
                at += width(said, page.SMALL) + _SIGN

        return draw

    def _faded(self, content: PageContent) -> Callable[[float, float], None]:
        colour = class_colours(len(content.measures[0].breaks) + 1)[-1]

        def draw(x: float, y: float) -> None:
            self._box(x, y, colour, edge="none")
            wide, tall = 0.65 * _SWATCH, 0.75 * _SWATCH
            self._sheet.box(x, y - tall / 2, wide, tall, with_share(page.VEIL, page.VEIL_SHARE))
            self._sheet.line([x, x], [y - tall / 2, y + tall / 2], colour=page.BORDER, thick=1.2)

        return draw

    def _beside(self, x: float, y: float) -> None:
        oval = shapely.transform(shapely.Point(0, 0).buffer(1.0), lambda at: at * [7.0, 4.2] + [x, y])
        self._sheet.shapes([path_of(oval, fine=True)], edge=style.QUIET, thick=BESIDE_LINE, pattern=BESIDE_PATTERN)

    def _locations(self, content: PageContent, ground: Ground, share: float) -> _Entry:
        """Return the discs of the locations: as large as on the map, each with its number."""
        sizes = example_sizes(content.locations)
        points = ground.points(shapely.get_coordinates(content.locations.geometry.to_numpy()))
        fill = location_fill(int(ground.holds(points).sum()))
        entry = self._entry(_nothing, f"{content.words.locations}:", share)
        radii = [float(radius) for radius in radius_of(sizes, ground.scale)]
        below = max(radii) + 3.0

        def draw(x: float, y: float) -> None:
            at = x - _ICON / 2 + 2.0 + _ICON
            level = y + (len(entry.said) - 1) * _SMALL_STEP + 4.0 + below
            for size, radius in zip(sizes, radii, strict=True):
                self._sheet.discs(np.array([[at + radius, level]]), radius, fill, _WHOLE, image=False)
                self._sheet.text(at + 2 * radius + 3.0, level, f"{size:,}", size=page.SMALL)
                at += 2 * radius + 3.0 + width(f"{size:,}", page.SMALL) + 9.0

        return _Entry(draw, entry.said, len(entry.said) * _SMALL_STEP + 2 * below + 2.0)


_WHOLE = (0.0, 0.0, page.WIDE, page.TALL)


def _nothing(_x: float, _y: float) -> None:
    """Draw no sign: the entry is its words."""


def _one(words: object, room: float, size: float) -> str:
    return fit(drawable(words), room, size)


def _of_hotspots(content: PageContent, drawn: Drawn) -> str:
    said = "hotspot, rank · ▲\u00a0above usual, ▼\u00a0below"
    statuses = ", ".join(f"{sign}\u00a0{status}" for sign, status in status_signs(content))
    said += f"; so far: {statuses}" if statuses else ""
    left = len(content.hotspots) - drawn.hotspots
    return f"{said}; {left:,} without a disc" if left else said


def _of_events(content: PageContent, drawn: Drawn) -> str:
    left = len(of_span(content, opening(content))) - len(drawn.events)
    said = f"events{of_days(content)}{' by risk' if len(drawn.events) else ''}"
    return said + (f"; {left:,} not on this map" if left else "")


def _of_kinds(drawn: Drawn) -> str:
    kinds = kind_counts(drawn.events)
    if len(kinds) > _MOST_KINDS:
        return "the letter is the one of the kind"
    return ", ".join(f"{letter}\u00a0{kind}\u00a0{n:,}" for kind, letter, n in kinds)
