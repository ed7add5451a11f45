"""The paper a figure is drawn on: title on top, caption at the bottom, points from the upper left corner between."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from hotspots.maps.figures import style
from hotspots.maps.figures.lettering import drawable, font, lines, plain, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from matplotlib.artist import Artist

Align = Literal["left", "center", "right"]

_INCH = 72.0
_CAP = 0.365
"""Half the height of a capital, in sizes of the type."""
_MOST_MARKING, _MOST_TITLE, _MOST_METHOD, _MOST_SOURCE = 3, 4, 6, 3
_SWATCH, _GAP = 9.0, 5.0


@dataclass(frozen=True, slots=True)
class Caption:
    """What every figure says of itself, as plain text."""

    title: str
    """The message in one sentence."""
    n: int
    """How many things were counted."""
    counted: str
    """What they are, for example ``incidents of serious violence``."""
    period: str
    """For example ``January to December 2021``."""
    method: str
    """One or two sentences."""
    source: str = ""
    """Whose data they are, with the licence; empty: not said."""
    marking: str = ""
    """Marking line on top; empty: none."""

    @property
    def counts(self) -> str:
        """For example ``n = 1,412 incidents of serious violence · January to December 2021``."""
        return " · ".join(filter(None, (f"n = {self.n:,} {plain(self.counted)}".strip(), plain(self.period))))


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure and what it says to those who do not see it."""

    title: str
    alt: str
    """Text alternative, as plain text: what is drawn, its numbers and the caption."""
    figure: Figure
    """Bare: title, axes and labels are lines and texts in points, not axes of matplotlib."""


@contextmanager
def house() -> Iterator[None]:
    """Draw with the settings of the house, whatever a user's matplotlib is set to; those are put back.

    Both making and rendering a figure read settings: as ``@house()`` it stands above every function that
    makes one.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "text.hinting": "no_hinting",  # so that a word is as wide as it was measured, at any resolution
                "text.parse_math": False,
                "path.simplify": False,
                "svg.fonttype": "path",
                "svg.hashsalt": "hotspots",
            }
        )
        yield


class Sheet:
    """A figure in the making: coordinates in points from the upper left, what is drawn later lies above."""

    def __init__(self, caption: Caption) -> None:
        self._figure = Figure(dpi=_INCH, facecolor=style.PAPER)
        self._to_inches = Affine2D()
        self._caption = caption
        self.left, self.right = style.MARGIN, style.WIDTH - style.MARGIN
        self.y = style.MARGIN
        """Lower edge of what is drawn so far."""
        self._mark(lines(caption.marking, self.room, style.SMALL, most=_MOST_MARKING))
        self.paragraph(caption.title, most=_MOST_TITLE, size=style.TITLE_SIZE, bold=True, colour=style.TEXT)
        self.y += 10.0

    def _mark(self, marking: Sequence[str]) -> None:
        """Write the marking across the top."""
        if marking:
            step = style.SMALL * style.LEADING
            tall = len(marking) * step + 0.7 * style.SMALL
            self.box(0, 0, style.WIDTH, tall, style.TEXT)
            for number, line in enumerate(marking):
                y = tall / 2 + (number - (len(marking) - 1) / 2) * step
                self.text(style.WIDTH / 2, y, line, size=style.SMALL, colour=style.PAPER, align="center")
            self.y += tall

    @property
    def room(self) -> float:
        """Width between the margins."""
        return self.right - self.left

    def text(
        self,
        x: float,
        y: float,
        words: object,
        *,
        size: float = style.SIZE,
        colour: str = style.TEXT,
        align: Align = "left",
        bold: bool = False,
        rotation: float = 0.0,
    ) -> None:
        """Write words on one line, the middle of their capitals at ``y``; turned words turn about their middle."""
        held = drawable(words)
        if not held:
            return
        turned: dict[str, Any] = {"va": "center_baseline"} if rotation else {"va": "baseline"}
        self._add(
            Text(
                x,
                y if rotation else y + _CAP * size,
                held,
                color=colour,
                fontproperties=font(size, bold=bold),
                ha=align,
                rotation=rotation,
                rotation_mode="anchor",
                parse_math=False,
                **turned,
            )
        )

    def note(self, x: float, y: float, words: object, *, align: Align = "left", rotation: float = 0.0) -> None:
        """Write small quiet words, as ``text`` does."""
        self.text(x, y, words, size=style.SMALL, colour=style.QUIET, align=align, rotation=rotation)

    def paragraph(
        self,
        words: object,
        *,
        most: int,
        size: float = style.SMALL,
        bold: bool = False,
        colour: str = style.QUIET,
    ) -> None:
        """Write words over the whole width below what is drawn so far, in as many lines as they need."""
        for line in lines(words, self.room, size, most=most, bold=bold):
            self.text(self.left, self.y + size / 2, line, size=size, bold=bold, colour=colour)
            self.y += size * style.LEADING

    def line(
        self,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        colour: str = style.RULE,
        thick: float = style.HAIR,
        pattern: Sequence[float] = style.SOLID,
    ) -> None:
        """Draw a line through points; a gap where one is not a number."""
        self._add(
            Line2D(
                np.asarray(x, dtype=np.float64),
                np.asarray(y, dtype=np.float64),
                color=colour,
                linewidth=thick,
                # matplotlib scales dashes by the thickness of the line; here they are in points.
                linestyle=(0, tuple(part / thick for part in pattern)) if pattern else "-",
                solid_capstyle="butt",
                solid_joinstyle="round",
            )
        )

    def sign(self, x: float, y: float, marker: str, *, size: float = 5.0, face: str, edge: str) -> None:
        """Draw one of matplotlib's marker signs."""
        self._add(
            Line2D(
                [x],
                [y],
                linestyle="none",
                marker=marker,
                markersize=size,
                markerfacecolor=face,
                markeredgecolor=edge,
                markeredgewidth=1.2,
            )
        )

    def area(self, x: npt.ArrayLike, y: npt.ArrayLike, colour: str) -> None:
        """Fill a polygon."""
        corners = np.column_stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)])
        self._add(Polygon(corners, closed=True, facecolor=colour, edgecolor="none", linewidth=0))

    def box(
        self,
        x: float,
        y: float,
        wide: float,
        tall: float,
        fill: str,
        *,
        edge: str = "none",
        thick: float = 0.0,
    ) -> None:
        """Fill a rectangle, ``x`` and ``y`` its upper left corner."""
        self._add(Rectangle((x, y), wide, tall, facecolor=fill, edgecolor=edge, linewidth=thick, joinstyle="miter"))

    def legend(self, entries: Sequence[tuple[str, str, str]]) -> None:
        """Write a legend below what is drawn so far: fill, edge and words of each entry, from left to right."""
        x, tall = self.left, style.SMALL * style.LEADING + 3.0
        for fill, edge, words in entries:
            short = lines(words, self.room - _SWATCH - _GAP, style.SMALL, most=1)
            need = _SWATCH + _GAP + sum(width(part, style.SMALL) for part in short)
            if x > self.left and x + need > self.right:
                x, self.y = self.left, self.y + tall
            middle = self.y + tall / 2
            thick = style.HAIR if edge != style.INK else 2 * style.HAIR
            self.box(x, middle - _SWATCH / 2, _SWATCH, _SWATCH, fill, edge=edge, thick=thick)
            self.note(x + _SWATCH + _GAP, middle, "".join(short))
            x += need + 3 * _GAP
        self.y += tall

    def sentence(self, words: str) -> None:
        """Write a sentence where there is nothing to draw."""
        broken = lines(words, self.room - 2 * style.MARGIN, style.SIZE, most=4)
        step = style.SIZE * style.LEADING
        tall = len(broken) * step + 2 * style.MARGIN
        self.box(self.left, self.y, self.room, tall, style.SOFT)
        for number, line in enumerate(broken):
            self.text(self.left + style.MARGIN, self.y + style.MARGIN + (number + 0.5) * step, line)
        self.y += tall

    def finish(self, alt: str) -> Drawing:
        """Write the caption and return the drawing.

        Parameters
        ----------
        alt
            What is drawn, in finished sentences; title and caption are put around it.

        Returns
        -------
        Drawing
            As high as it needs to be.
        """
        words = self._caption
        self.y += 10.0
        self.line([self.left, self.right], [self.y, self.y])
        self.y += 6.0
        for text, most in ((words.counts, 2), (words.method, _MOST_METHOD), (words.source, _MOST_SOURCE)):
            self.paragraph(text, most=most)
        tall = self.y + style.MARGIN - style.SMALL / 2
        self._figure.set_size_inches(style.WIDTH / _INCH, tall / _INCH)
        self._to_inches.scale(1 / _INCH, -1 / _INCH).translate(0, tall / _INCH)
        said = (words.marking, words.title, alt, words.counts, words.method, words.source)
        return Drawing(plain(words.title), " ".join(filter(None, map(_stopped, said))), self._figure)

    def _add(self, artist: Artist) -> None:
        artist.set_transform(self._to_inches + self._figure.dpi_scale_trans)
        artist.set_zorder(len(self._figure.get_children()))
        self._figure.add_artist(artist)


def _stopped(text: str) -> str:
    """Return text as a sentence: with a full stop where nothing ends it."""
    held = plain(text)
    return held if not held or held[-1] in ".!?…" else f"{held}."
