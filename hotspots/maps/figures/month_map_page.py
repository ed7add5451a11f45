"""The paper of the month's map: A4 landscape, marked on top and bottom, with shapes beside lines and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from matplotlib.collections import PathCollection
from matplotlib.patches import Rectangle
from matplotlib.path import Path

from hotspots.maps.figures import style
from hotspots.maps.figures.lettering import lines, plain
from hotspots.maps.figures.sheet import Caption, Drawing, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

    from hotspots.maps.content import Words

WIDE: Final = 842.0
TALL: Final = 595.0
"""A4, lying, in points."""
MARGIN: Final = 24.0

SIZE: Final = 8.0
SMALL: Final = 7.0
TITLE_SIZE: Final = 15.0
LABEL_SIZE: Final = 7.5

SEA: Final = "#d8e3eb"
LAND: Final = "#eff1f1"
LAND_LINE: Final = "#ccd6dd"
VEIL: Final = "#e6ebee"
VEIL_SHARE: Final = 0.52
BORDER: Final = "#1f2a33"
HATCH: Final = "#9aa8b2"
LABEL: Final = "#566571"
SWATCH_LINE: Final = "#8a8071"
NOTICE: Final = "#fff4e0"
LOCATION: Final = "#283038"
"""The ground of the page, its style sheet says the same values."""

_INCH = 72.0
_IMAGE_DPI = 150.0
"""Of a layer that becomes an image within the SVG."""
_FINE, _GROUND = 2, 1
"""Decimals of a point that a small sign and a shape of the ground keep: a tenth is 35 micrometres."""
_MOST_MARKING, _MOST_TITLE, _MOST_SUBTITLE, _MOST_SOURCES = 2, 2, 2, 4
_MOST_NOTICES, _MOST_NOTICE = 5, 2

_DRAWN = ("Polygon", "LineString")
"""A line that only touches a shape meets it in a point, which is nothing to draw."""

Frame = tuple[float, float, float, float]
"""Left, top, right and bottom in points from the upper left corner of the paper."""


class MapSheet(Sheet):
    """The paper with title, notices, sources and marking; what is between is ``top`` to ``bottom``."""

    def __init__(self, words: Words) -> None:
        super().__init__(Caption("", 0, "", "", ""))
        self._figure.set_size_inches(WIDE / _INCH, TALL / _INCH)
        self._figure.set_dpi(_IMAGE_DPI)
        self._to_inches.scale(1 / _INCH, -1 / _INCH).translate(0, TALL / _INCH)
        self._words = words
        self.left, self.right, self.y = MARGIN, WIDE - MARGIN, 0.0
        self.bottom = TALL
        self._margins_of_marking()
        self._head()
        self._sources()
        self.top = self.y
        """Where the map begins."""

    def _margins_of_marking(self) -> None:
        """Write the marking across the top and the bottom."""
        marking = lines(self._words.marking, self.room, SIZE, most=_MOST_MARKING)
        step = SIZE * style.LEADING
        tall = len(marking) * step + 0.6 * SIZE if marking else 0.0
        for top in (0.0, TALL - tall) if marking else ():
            self.box(0, top, WIDE, tall, style.TEXT)
            for number, line in enumerate(marking):
                y = top + tall / 2 + (number - (len(marking) - 1) / 2) * step
                self.text(WIDE / 2, y, line, size=SIZE, colour=style.PAPER, align="center")
        edge = 10.0 if marking else MARGIN
        self.y, self.bottom = tall + edge, TALL - tall - edge

    def _head(self) -> None:
        """Write title, subtitle and notices."""
        self.paragraph(self._words.title, most=_MOST_TITLE, size=TITLE_SIZE, bold=True, colour=style.TEXT)
        self.y += 1.0
        self.paragraph(self._words.subtitle, most=_MOST_SUBTITLE, size=style.SIZE)
        self.y += 4.0
        shown = list(self._words.notices[:_MOST_NOTICES])
        if len(self._words.notices) > _MOST_NOTICES:
            shown[-1] = f"{len(self._words.notices) - _MOST_NOTICES + 1} more notices stand on the page, map.html"
        broken = [line for notice in shown for line in lines(notice, self.room - 12.0, SIZE, most=_MOST_NOTICE)]
        if broken:
            step = SIZE * style.LEADING
            self.box(self.left, self.y, self.room, len(broken) * step + 5.0, NOTICE)
            for number, line in enumerate(broken):
                self.text(self.left + 6.0, self.y + 2.5 + (number + 0.5) * step, line, size=SIZE)
            self.y += len(broken) * step + 10.0

    def _sources(self) -> None:
        """Write the sources above the lower edge."""
        broken = lines(" · ".join(self._words.sources), self.room, SMALL, most=_MOST_SOURCES)
        step = SMALL * style.LEADING
        self.bottom -= len(broken) * step
        for number, line in enumerate(broken):
            self.note_small(self.left, self.bottom + (number + 0.5) * step, line)
        self.bottom -= 6.0

    def note_small(self, x: float, y: float, words: object) -> None:
        """Write quiet words in the smallest type."""
        self.text(x, y, words, size=SMALL, colour=style.QUIET)

    def shapes(
        self,
        paths: Sequence[Path],
        *,
        fill: str = "none",
        edge: str = "none",
        thick: float = 0.0,
        pattern: Sequence[float] = style.SOLID,
        within: Frame | None = None,
        name: str = "",
        image: bool = False,
    ) -> None:
        """Draw paths of one look, nothing of them outside a frame.

        ``name`` is the id of their group in the SVG; ``image``: an image within the SVG, where paths would be too many.
        """
        made = PathCollection(
            list(paths),
            facecolors=fill,
            edgecolors=edge,
            linewidths=thick,
            # matplotlib scales dashes by the thickness of the line; here they are in points.
            linestyles=[(0, tuple(part / thick for part in pattern))] if pattern else "solid",
            joinstyle="round",
            gid=name or None,
            rasterized=image,
        )
        self.put(made, within)

    def discs(self, at: npt.NDArray[np.float64], radius: float, fill: str, within: Frame, *, image: bool) -> None:
        """Draw discs of one size, nothing of them outside a frame; ``image`` as in ``shapes``."""
        one = Path.unit_circle()
        corners = np.asarray(one.vertices, dtype=np.float64) * radius / _INCH
        made = PathCollection(
            [Path(corners, one.codes)],
            offsets=at,
            facecolors=fill,
            edgecolors="none",
            linewidths=0.0,
            rasterized=image,
        )
        made.set_offset_transform(self._to_inches + self._figure.dpi_scale_trans)
        self.put(made, within)
        made.set_transform(self._figure.dpi_scale_trans)

    def put(self, made: PathCollection, within: Frame | None) -> None:
        """Add paths in points, cut to a frame."""
        self._add(made)
        if within is not None:
            left, top, right, bottom = within
            hole = Rectangle((left, top), right - left, bottom - top)
            hole.set_transform(self._to_inches + self._figure.dpi_scale_trans)
            made.set_clip_path(hole)

    def finish(self, alt: str) -> Drawing:
        """Return the drawing.

        Parameters
        ----------
        alt
            What is drawn, in finished sentences; the words of the paper are put around it.

        Returns
        -------
        Drawing
            A4, lying.
        """
        words = self._words
        said = (words.marking, words.title, words.subtitle, *words.notices, *words.headline, alt, *words.sources)
        held = filter(None, map(plain, said))
        spoken = " ".join(part if part[-1] in ".!?…" else f"{part}." for part in held)
        return Drawing(plain(words.title), spoken, self._figure)


def path_of(shape: BaseGeometry, *, fine: bool = False) -> Path:
    """Return the rings or lines of a shape in points as one path; holes stay open.

    Parameters
    ----------
    shape
        Polygons or lines; coordinates in points.
    fine
        A small sign, whose curves must stay round.

    Returns
    -------
    Path
        Exteriors run one way and holes the other, so that the non-zero rule leaves holes unfilled.
    """
    parts: Iterable[BaseGeometry] = shapely.get_parts(shapely.orient_polygons(shape))
    rings = [
        ring
        for part in parts
        if part.geom_type in _DRAWN
        for ring in (shapely.get_rings(part) if part.geom_type == "Polygon" else [part])
    ]
    pieces = [
        Path(shapely.get_coordinates(ring).round(_FINE if fine else _GROUND), closed=ring.is_closed)
        for ring in rings
        if not ring.is_empty
    ]
    return Path.make_compound_path(*pieces)


def short(name: str) -> str:
    """Return the last part of a CRS's name, for example ``British National Grid``."""
    return plain(name).rpartition(" / ")[2]
