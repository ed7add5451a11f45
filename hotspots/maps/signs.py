"""The sign of an event: its shape and its line say the risk, its letter the kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hotspots.maps.agenda import in_time, live
from hotspots.maps.style import RISK_UNKNOWN_WIDTH, RISK_WIDTHS, event_letter

if TYPE_CHECKING:
    import geopandas as gpd

GROUNDS: Final = ("LineString", "MultiLineString", "Polygon", "MultiPolygon")
"""Shapes of events that are drawn beside their sign: routes and grounds."""

UNGRADED: Final = "none"
"""Stands for an event whose risk nobody has graded."""

RISK_NAMES: Final = {"high": "high", "medium": "medium", "low": "low", UNGRADED: "not graded"}
"""Words of the legend, the most risk first."""

SIDE: Final = 28.0
"""Of the square that a sign is drawn in, in pixels."""

DISC: Final = 11.0
"""Radius of the signs without corners: risk that is low, or not graded."""

CORNERS: Final = {
    "medium": ((14.0, 2.5), (25.5, 14.0), (14.0, 25.5), (2.5, 14.0)),
    "high": ((14.0, 2.8), (26.0, 24.2), (2.0, 24.2)),
}
"""Corners of the others: a diamond, and a triangle on its side."""

LETTER_AT: Final = {"high": 21.4}
"""Where the letter stands, from the top; in the others in the middle."""

_LETTER_MIDDLE = 18.2


class EventCount(NamedTuple):
    """One entry of the legend: how many of the events on the map have this risk, or are of this kind."""

    key: str
    sign: str
    """Of a kind its letter; of a risk its words."""
    n: int


def outline(risk: str) -> str:
    """Return the outline of a sign as the path of an SVG.

    Parameters
    ----------
    risk
        A risk, or ``UNGRADED``.

    Returns
    -------
    str
        Closed, within a square of ``SIDE``.
    """
    corners = CORNERS.get(risk)
    if corners is None:
        top, across = SIDE / 2 - DISC, 2 * DISC
        half = f"a{DISC:g} {DISC:g} 0 1 1 0"
        return f"M{SIDE / 2:g} {top:g}{half} {across:g}{half}-{across:g}z"
    return f"M{' '.join(f'{x:g} {y:g}' for x, y in corners)}z"


def letter_at(risk: str) -> float:
    """Return where the foot of a sign's letter stands, from the top of its square."""
    return LETTER_AT.get(risk, _LETTER_MIDDLE)


def line_width(risk: str) -> float:
    """Return the width of a sign's line in pixels: the thicker, the higher the risk."""
    return RISK_WIDTHS.get(risk, RISK_UNKNOWN_WIDTH)


def risk_key(risk: object) -> str:
    """Return a risk as it is named in classes and legends."""
    return str(risk) if risk in RISK_WIDTHS else UNGRADED


def placed(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events that have a sign on the map, in order of time: those with a place that are not cancelled."""
    ordered = in_time(live(events))
    return ordered[ordered.geometry.notna() & ~ordered.geometry.is_empty]


def by_risk(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events with the highest risk first, those of one risk as they came."""
    order = list(RISK_NAMES)
    return events.iloc[np.argsort([order.index(risk_key(risk)) for risk in events["risk"]], kind="stable")]


def risk_counts(events: gpd.GeoDataFrame) -> list[EventCount]:
    """Count events by risk.

    Parameters
    ----------
    events
        EVENTS, those that have a sign on the map.

    Returns
    -------
    list of EventCount
        Every risk that occurs, the highest first.
    """
    risks = [risk_key(risk) for risk in events["risk"]]
    return [EventCount(key, said, risks.count(key)) for key, said in RISK_NAMES.items() if key in risks]


def kind_counts(events: gpd.GeoDataFrame) -> list[EventCount]:
    """Count events by kind.

    Parameters
    ----------
    events
        EVENTS, those that have a sign on the map.

    Returns
    -------
    list of EventCount
        Every kind once, by letter.
    """
    kinds = [str(kind) for kind in events["kind"]]
    counted = [EventCount(kind, event_letter(kind), kinds.count(kind)) for kind in sorted(set(kinds))]
    return sorted(counted, key=lambda one: (one.sign, one.key))
