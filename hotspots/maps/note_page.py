"""The plan of the bus on one sheet of A4: what a crew takes along; no script, nothing asked of anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup

from hotspots.errors import TableError
from hotspots.maps import offline, words
from hotspots.tables import ROTA, check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

STOP_COLUMNS: Final = ("site_id", "name", "grid_ref", "ward", "hours", "access", "why")
"""What the page says of a stop, beside its number; all but the first two may be empty."""

_WIDE, _HIGH = 340.0, 280.0
"""Room for the map, in its own units: a pixel on a screen."""
_MARGIN = 10.0
_SIDE = 14.0
"""Side of the square with a stop's number, which stands beside the stop so that its circle is seen."""
_BESIDE = 4.0
_BARS_M = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
_LONGEST_BAR = 90.0
_DAYS = 1_000


@dataclass(frozen=True, slots=True)
class NoteContent:
    """What the page shows; every text is taken as plain text."""

    title: str
    """For example ``Outreach bus · Bexley · 5 Oct to 1 Nov 2026``."""
    marking: str
    """Marking line on top; empty: none."""
    notices: tuple[str, ...]
    """Warnings that every page of the pack carries."""
    plan: tuple[str, ...]
    """The plan in two sentences."""
    stops: gpd.GeoDataFrame
    """By number, from 1: ``STOP_COLUMNS`` as text, and a point; in metres, as ``area`` and ``hotspots``."""
    visits: pd.DataFrame
    """ROTA; its stops are those of ``stops``."""
    given_up: tuple[str, ...]
    """What the rota could not keep: sentences."""
    assumed: tuple[str, ...]
    """Terms, holidays, reach: sentences."""
    sources: tuple[str, ...]
    """Where the data come from, and their licences."""
    area: gpd.GeoSeries
    """Outline of the area: polygons."""
    hotspots: gpd.GeoSeries
    """Ground of the hotspots: polygons; it may be empty."""
    reach_m: float
    """How far people walk to a stop."""
    circle_m: float
    """Radius of the circle around a stop that stands for it; 0: none is drawn."""


def build_note_page(content: NoteContent) -> str:
    """Write one offline page without scripts, for one sheet of A4 upright.

    Parameters
    ----------
    content
        Finished sentences and tables; nothing of it is changed. Four stops and sixteen evenings of two stops are one
        sheet; what is longer goes on over the next and repeats the head of its table.

    Returns
    -------
    str
        A whole HTML document; its Content-Security-Policy allows its own style sheet and nothing else. The same
        content gives the same bytes.

    Raises
    ------
    TableError
        The rota breaks its contract or visits a stop that is not there, a column of the stops is missing, or what is
        drawn is not in one CRS.
    """
    check(ROTA, content.visits)
    _check_stops(content)
    style = offline.asset("note.css")
    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text: str = environment.from_string(offline.asset("note.html.j2")).render(
        policy=offline.policy((), (style,), None),
        style=Markup(style),  # noqa: S704 - our own style sheet
        content=content,
        stops=_stops(content.stops),
        weeks=_weeks(content),
        columns=int(content.visits["order"].max()) if len(content.visits) else 1,
        map=_map(content),
        years=_years(content.visits),
        named=bool(content.visits["on"].notna().any()),
        reach=f"{content.reach_m:,.0f}\u202fm",
    )
    return text


def _check_stops(content: NoteContent) -> None:
    missing = [name for name in STOP_COLUMNS if name not in content.stops.columns]
    if missing:
        raise TableError(f"The stops of the page have no column {missing[0]!r}.")
    unknown = sorted(set(content.visits["site_id"]) - set(content.stops["site_id"]))
    if unknown:
        raise TableError(f"The rota visits {unknown[0]}, which is not among the stops of the page.")
    if not content.stops.crs == content.area.crs == content.hotspots.crs:
        raise TableError("The stops, the area and the hotspots of the page are not in one CRS.")


def _stops(stops: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """Return the rows of the table of stops, by number."""
    return [
        {"no": str(number), **{name: words.said(row[name]) or "" for name in STOP_COLUMNS}}
        for number, row in stops.sort_index().iterrows()
    ]


def _weeks(content: NoteContent) -> list[dict[str, Any]]:
    """Return the evenings of each week, each with its stops."""
    numbers = {site: str(number) for number, site in content.stops["site_id"].items()}
    weeks: dict[int, dict[int, dict[str, Any]]] = {}
    for visit in content.visits.to_dict("records"):
        starts, ends = visit["starts_at"], visit["ends_at"]
        evening = weeks.setdefault(visit["week"], {}).setdefault(
            visit["evening"],
            {
                "date": words.when(starts, None).rpartition(" ")[0].rpartition(" ")[0],
                "iso": f"{starts:%Y-%m-%d}",
                "starts": starts,
                "on": words.said(visit["on"]) or "",
                "stops": [],
            },
        )
        evening["times"] = _times(evening["starts"], ends)
        stop = {"no": numbers[visit["site_id"]], "name": visit["name"], "times": _times(starts, ends)}
        evening["stops"].append(stop)
    return [{"week": week, "evenings": list(evenings.values())} for week, evenings in weeks.items()]


def _years(visits: pd.DataFrame) -> str:
    """Return the year of the evenings, or the two that they lie in; empty without any."""
    return "–".join(str(year) for year in sorted(set(visits["starts_at"].dt.year)))


def _times(starts: pd.Timestamp, ends: pd.Timestamp) -> str:
    return f"{starts:%H:%M}–{ends:%H:%M}"


# --- the map ----------------------------------------------------------------------------------------------------------


def _map(content: NoteContent) -> dict[str, Any]:
    """Return the drawing in its own units: paths, squares with numbers, circles, a bar."""
    points = content.stops.sort_index().geometry
    left, low, right, high = _bounds(content)
    scale = min((_WIDE - 2 * _MARGIN) / max(right - left, 1.0), (_HIGH - 2 * _MARGIN) / max(high - low, 1.0))
    wide, tall = ((right - left) * scale + 2 * _MARGIN, (high - low) * scale + 2 * _MARGIN)

    def placed(at: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([(at[:, 0] - left) * scale + _MARGIN, (high - at[:, 1]) * scale + _MARGIN]).round(1)

    dots = placed(np.column_stack([points.x, points.y]))
    bar = max((metres for metres in _BARS_M if metres * scale <= _LONGEST_BAR), default=_BARS_M[0])
    return {
        "wide": f"{wide:.0f}",
        "tall": f"{tall + 16:.0f}",
        "area": [_path(placed, shape) for shape in _shapes(content.area, scale)],
        "hotspots": [_path(placed, shape) for shape in _shapes(content.hotspots, scale)],
        "radius": f"{content.circle_m * scale:.1f}" if content.circle_m else "",
        "stops": [
            {"no": str(number), "x": f"{x:g}", "y": f"{y:g}", **_square(x, y, wide)}
            for number, (x, y) in zip(points.index, dots.tolist(), strict=True)
        ],
        "side": f"{_SIDE:g}",
        "bar": f"{bar * scale:.1f}",
        "bar_x": f"{_MARGIN + bar * scale + 5:.1f}",
        "bar_y": f"{tall + 6:.0f}",
        "bar_below": f"{tall + 12:.0f}",
        "margin": f"{_MARGIN:g}",
        "bar_said": f"{bar / _DAYS:g} km" if bar >= _DAYS else f"{bar} m",
        "said": _said(len(points), len(content.hotspots), content),
    }


def _square(x: float, y: float, wide: float) -> dict[str, str]:
    """Return where a stop's number stands: above on the right, or within the map where there is no room."""
    left = x + _BESIDE if x + _BESIDE + _SIDE <= wide else x - _BESIDE - _SIDE
    top = max(y - _BESIDE - _SIDE, 0.0)
    said = {"left": left, "top": top, "middle": left + _SIDE / 2, "centre": top + _SIDE / 2}
    return {name: f"{value:.1f}" for name, value in said.items()}


def _bounds(content: NoteContent) -> tuple[float, float, float, float]:
    """Return what the map shows: the area, and every stop with its circle."""
    circles = content.stops.geometry.buffer(content.circle_m)
    parts = [part.total_bounds for part in (content.area, circles) if len(part)]
    boxes = np.array([part for part in parts if np.isfinite(part).all()])
    if not len(boxes):
        return 0.0, 0.0, 1.0, 1.0
    (left, low), (right, high) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    return left, low, right, high


def _shapes(series: gpd.GeoSeries, scale: float) -> Iterator[Any]:
    """Yield shapes without the corners that nobody could see at that scale."""
    for shape in series:
        if shape is not None and not shape.is_empty:
            yield shapely.simplify(shape, 0.3 / scale)


def _path(placed: Any, shape: Any) -> str:  # noqa: ANN401 - a function and a geometry
    """Return rings as an SVG path."""
    parts = []
    for polygon in shapely.get_parts(shape):
        for ring in (polygon.exterior, *polygon.interiors):
            corners = " ".join(f"{x:g} {y:g}" for x, y in placed(shapely.get_coordinates(ring))[:-1].tolist())
            parts.append(f"M{corners}z")
    return "".join(parts)


def _said(stops: int, hotspots: int, content: NoteContent) -> str:
    """Return what the map shows, for who does not see it."""
    parts: Iterable[str] = (
        "1 stop" if stops == 1 else f"{stops} stops",
        *([] if not hotspots else ["1 hotspot"] if hotspots == 1 else [f"{hotspots} hotspots"]),
    )
    circles = f" Circles: {content.circle_m:,.0f} m around each stop." if content.circle_m else ""
    return f"Map of the area with {' and '.join(parts)}, numbered as in the table.{circles}"
