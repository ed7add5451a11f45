"""The house style of figures as values; lengths are in points, 72 to the inch."""

from __future__ import annotations

from typing import Final

from hotspots.maps import style as page

INK: Final = page.INK
RAMP: Final = page.RAMP
PAPER: Final = "#ffffff"
TEXT: Final = "#1f2a33"
QUIET: Final = "#50606c"
RULE: Final = "#d5dde3"
"""Lines of the grid and of axes."""
SOFT: Final = "#eef2f5"
"""Ground behind what is usual."""
BAR: Final = "#9fb2c0"
TINT: Final = "#c3d3df"
"""The ink, thinned: an interval around a line drawn in it."""
LOUD: Final = RAMP[-1]
"""Second voice, for what is compared with the ink."""

WIDTH: Final = 522.0
"""Of every figure: 7.25 inches, the text width of an A4 page."""
MARGIN: Final = 14.0

TITLE_SIZE: Final = 13.5
SIZE: Final = 9.5
SMALL: Final = 8.0
LEADING: Final = 1.28
"""Distance of lines, in sizes of the type."""

HAIR: Final = 0.7
LINE: Final = 1.3
HEAVY: Final = 2.6

SOLID: Final[tuple[float, ...]] = ()
DOTTED: Final = (1.2, 2.4)
PATTERNS: Final[tuple[tuple[float, ...], ...]] = (
    (),
    (6.0, 2.2),
    (1.4, 1.8),
    (6.0, 2.0, 1.4, 2.0),
    (11.0, 2.6),
    (3.2, 1.6),
    (9.0, 2.0, 1.4, 2.0, 1.4, 2.0),
)
"""Dashes and gaps of lines that are not told apart by colour, in points."""
BASE_PATTERNS: Final[tuple[tuple[float, ...], ...]] = ((5.0, 2.5), (2.4, 2.4), (8.0, 2.5, 2.4, 2.5))
"""The same for what is only compared with."""
MARKERS: Final = ("s", "^", "D", "v", "P", "X", "o")
"""Signs on those lines, which return at their labels."""

RATIO_BREAKS: Final = (1.0, 1.2, 1.5, 2.0)
"""Lower bounds of the second and every later class of observed over expected."""


def on(fill: str) -> str:
    """Return the colour of text on a fill: light on dark ones, dark on all others.

    Parameters
    ----------
    fill
        ``#rrggbb``.

    Returns
    -------
    str
        The one of ``PAPER`` and ``TEXT`` with the higher contrast (WCAG 2.2, relative luminance).
    """
    return max((PAPER, TEXT), key=lambda ink: contrast(ink, fill))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
