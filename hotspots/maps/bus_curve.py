"""The curve of reach against the number of stops, as the page draws it: whole numbers of its own units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hotspots.maps import words

if TYPE_CHECKING:
    from hotspots.maps.bus_content import BusContent

WIDTH, HEIGHT = 430, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 26, 34
_TICKS = 4
_MOST_LABELS = 16


@dataclass(frozen=True, slots=True)
class Drawing:
    """The curve and its frame."""

    path: str
    """The line through the best plans, from no stop on."""
    points: tuple[tuple[float, float], ...]
    """A dot per number of stops."""
    rows: tuple[tuple[float, str], ...]
    """Height and word of the lines across."""
    columns: tuple[tuple[float, str], ...]
    """Place and word of the numbers of stops; a word is empty where it would not fit."""
    knee: tuple[float, float, int] | None
    """Where each further stop begins to add clearly less, and after how many stops."""
    label: str
    """The same in words, for those who do not see it."""
    scale: dict[str, Any]
    """How the script puts a choice of its own into the frame."""


def drawing(content: BusContent) -> Drawing:
    """Return the drawing of CURVE.

    Parameters
    ----------
    content
        The page's content; its plans are within the frame too.

    Returns
    -------
    Drawing
        An empty line where CURVE has no rows.
    """
    curve = content.curve
    most = max([1, *curve.index.tolist(), *(len(plan.site_ids) for plan in content.plans)])
    highest = max([0.0, *curve["reach"].tolist(), *(plan.reach for plan in content.plans)]) or 1.0
    step = _step(highest)
    top = step * math.ceil(highest / step - 1e-9)
    wide = (WIDTH - _LEFT - _RIGHT) / most
    tall = (HEIGHT - _TOP - _BOTTOM) / top
    points = [
        (round(_LEFT + stops * wide, 2), round(HEIGHT - _BOTTOM - reach * tall, 2))
        for stops, reach in zip(curve.index.tolist(), curve["reach"].tolist(), strict=True)
    ]
    knees = [
        (*point, int(stops))
        for point, stops, knee in zip(points, curve.index.tolist(), curve["knee"].tolist(), strict=True)
        if knee
    ]
    every = math.ceil(most / _MOST_LABELS)
    said = "; ".join(f"{stops}: {amount(reach)}" for stops, reach in curve["reach"].items())
    return Drawing(
        path="".join(f"{'L' if number else 'M'}{x} {y}" for number, (x, y) in enumerate(points)),
        points=tuple(points),
        rows=tuple(
            (round(HEIGHT - _BOTTOM - number * step * tall, 2), f"{number * step:,g}")
            for number in range(round(top / step) + 1)
        ),
        columns=tuple(
            (round(_LEFT + stops * wide, 2), "" if stops % every else str(stops)) for stops in range(most + 1)
        ),
        knee=knees[0] if knees else None,
        label=f"Best reach by number of stops. {said}",
        scale={"left": _LEFT, "wide": wide, "base": HEIGHT - _BOTTOM, "tall": tall, "most": most, "top": top},
    )


def _step(highest: float) -> float:
    """Return a round distance between the lines across: 1, 2 or 5 times a power of ten."""
    least = highest / _TICKS
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(power * round_one for round_one in (1, 2, 5, 10) if power * round_one >= least * (1 - 1e-9))


def amount(value: float) -> str:
    """Return need or reach as a reader sees it: one decimal below 100, whole from there on, never 0 unless it is."""
    if 0 < value < 0.05:  # noqa: PLR2004 - what one decimal would round to nothing
        return "<0.1"
    return words.count(round(value)) if value >= 99.95 else f"{value:.1f}"  # noqa: PLR2004 - so that 100.0 is never said
