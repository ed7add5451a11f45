"""Words on figures: any text becomes drawable text, measured and broken into lines before it is drawn."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextToPath

MISSING = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "…"
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
"""Controls, marks of direction, unassigned, private and half characters."""
_LONGEST = 1000
"""Nobody reads on in a figure; more is cut before it is measured."""


def plain(text: object) -> str:
    """Return text on one line without what cannot be seen.

    Parameters
    ----------
    text
        Anything; its ``str`` is taken.

    Returns
    -------
    str
        Composed (NFC), every run of spaces and line ends one space, none at the ends; other scripts stay.
    """
    seen = (sign for sign in str(text) if sign.isspace() or unicodedata.category(sign) not in _UNSEEN)
    # Spaces that do not break keep their place: they hold a number and its unit together.
    return re.sub(r"[^\S\u00a0\u202f]+", " ", unicodedata.normalize("NFC", "".join(seen))).strip()


def drawable(text: object) -> str:
    """Return text in signs that the font of figures holds; any other sign becomes ``�``.

    The font comes with matplotlib, so that the same bytes are drawn whatever fonts a machine has. It holds
    Latin, Greek, Cyrillic and most signs.

    Parameters
    ----------
    text
        Anything; it is made ``plain`` first.

    Returns
    -------
    str
        At most 1,000 signs.
    """
    held = _signs()
    return "".join(sign if ord(sign) in held else MISSING for sign in plain(text)[:_LONGEST])


def font(size: float, *, bold: bool = False) -> FontProperties:
    """Return the font of figures, by its file: a font of the same name on the machine is not taken.

    Parameters
    ----------
    size
        In points.
    bold
        The heavier cut.

    Returns
    -------
    FontProperties
        Of DejaVu Sans.
    """
    return FontProperties(fname=str(_file(bold=bold)), size=size)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide drawable text runs, in points.

    Parameters
    ----------
    text
        What ``drawable`` returned.
    size
        In points.
    bold
        The heavier cut.

    Returns
    -------
    float
        Without rounding to pixels.
    """
    return size * _unit_width(text, bold=bold)


def fit(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Cut drawable text to a width, with ``…`` where something is cut.

    Parameters
    ----------
    text
        What ``drawable`` returned.
    room
        In points.
    size
        In points.
    bold
        The heavier cut.

    Returns
    -------
    str
        The text itself where it fits; at least ``…``.
    """
    if width(text, size, bold=bold) <= room:
        return text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        if width(text[:middle].rstrip() + ELLIPSIS, size, bold=bold) <= room:
            low = middle
        else:
            high = middle
    return text[:low].rstrip() + ELLIPSIS


def lines(text: object, room: float, size: float, *, most: int, bold: bool = False) -> list[str]:
    """Break text into lines at its spaces, a word that is too long within it.

    Parameters
    ----------
    text
        Anything; it is made ``drawable``.
    room
        Width of a line in points.
    size
        In points.
    most
        Number of lines; the last one ends in ``…`` where more text is left.
    bold
        The heavier cut.

    Returns
    -------
    list of str
        None for empty text.
    """
    held = re.sub(r"(?<=[0-9]) (?=%)", "\u202f", drawable(text))  # a number and its sign stay together
    words = [word for word in held.split(" ") if word]
    broken: list[str] = []
    while words and len(broken) < most - 1:
        line = words.pop(0)
        while words and width(f"{line} {words[0]}", size, bold=bold) <= room:
            line = f"{line} {words.pop(0)}"
        short = fit(line, room, size, bold=bold)
        if short != line:
            head = max(len(short) - len(ELLIPSIS), 1)
            line, words = line[:head], [line[head:], *words]
        broken.append(line)
    return [*broken, fit(" ".join(words), room, size, bold=bold)] if words else broken


@lru_cache(maxsize=2)
def _file(*, bold: bool) -> Path:
    return Path(mpl.get_data_path(), "fonts", "ttf", f"DejaVuSans{'-Bold' if bold else ''}.ttf")


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    """Return the code points that both cuts hold."""
    regular, heavy = (FT2Font(str(_file(bold=bold))).get_charmap() for bold in (False, True))
    return frozenset(regular) & frozenset(heavy)


@lru_cache(maxsize=1)
def _ruler() -> TextToPath:
    return TextToPath()


@lru_cache(maxsize=4096)
def _unit_width(text: str, *, bold: bool) -> float:
    """Return the width at size 1, not rounded to any raster."""
    wide, _, _ = _ruler().get_text_width_height_descent(text, font(1.0, bold=bold), ismath=False)
    return float(wide)
