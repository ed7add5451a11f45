"""Small lines of months beside a number: how a place has been, at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.maps import words

if TYPE_CHECKING:
    from hotspots.maps.content import PageContent

STEP, HIGH = 2, 14
"""A month is 2 wide, the highest count 14 high."""


@dataclass(frozen=True, slots=True)
class Spark:
    """One line, in its own units."""

    path: str
    """SVG path, broken where a month is missing."""
    width: int
    end: tuple[float, float]
    """Where the latest month is."""
    label: str
    """The months and their counts, said aloud."""


def span(content: PageContent) -> str:
    """Return the months of the lines, for example ``Feb 2019 to Dec 2021``; empty where there are no lines."""
    if not sparks(content) or content.counts is None:
        return ""
    months = pd.PeriodIndex(content.counts.columns)
    return f"{words.month(months[0])} to {words.month(months[-1])}"


def sparks(content: PageContent) -> dict[str, Spark]:
    """Return the line of each hotspot by its id, all over the same months; none where no counts are told."""
    if content.counts is None or content.counts.shape[1] < 2:  # noqa: PLR2004 - a line has two ends
        return {}
    return {str(key): _spark(counts) for key, counts in content.counts.iterrows()}


def _spark(counts: pd.Series) -> Spark:
    months = pd.PeriodIndex(counts.index)
    at = (months.astype("int64") - months[0].ordinal).to_numpy() * STEP
    highest = max(int(counts.max()), 1)
    high = [round(HIGH - HIGH * int(n) / highest, 1) for n in counts]
    parts = []
    for place, (x, y) in enumerate(zip(at.tolist(), high, strict=True)):
        joined = place > 0 and x - at[place - 1] == STEP
        parts.append(f"{'L' if joined else 'M'}{x} {y:g}")
    span = f"{words.month(months[0])} to {words.month(months[-1])}"
    said = ", ".join(str(int(n)) for n in counts)
    return Spark("".join(parts), int(at[-1]), (float(at[-1]), high[-1]), f"Incidents by month, {span}: {said}")
