"""The findings on the month's map: hotspots with numbered discs, the signs of events, names of the neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from hotspots.maps import words
from hotspots.maps.agenda import in_time, of_span, opening
from hotspots.maps.figures import month_map_page as page
from hotspots.maps.figures import style
from hotspots.maps.figures.lettering import drawable, fit, width
from hotspots.maps.figures.month_map_frame import with_share
from hotspots.maps.figures.month_map_page import path_of
from hotspots.maps.figures.month_map_seats import RADIUS, Mark, Seat, label_seat, seats
from hotspots.maps.payload import ranked
from hotspots.maps.signs import CORNERS, GROUNDS, SIDE, UNGRADED, by_risk, letter_at, line_width, placed, risk_key
from hotspots.maps.style import CHANGE_SIGNS, EVENT, STATUS_LINES, STATUS_SIGNS, event_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

    from hotspots.maps.content import PageContent
    from hotspots.maps.figures.month_map_frame import Ground
    from hotspots.maps.figures.month_map_page import Frame, MapSheet

PIXEL: Final = 0.66
"""Points to a pixel of the page: lines keep their proportions."""
DASH: Final = 0.45
"""The same for dashes, which a small hotspot must hold some of."""
LINE, HALO, BESIDE_LINE = 1.6, 3.8, 1.2
BESIDE_PATTERN = (3.2, 2.2)
MOST: Final = 60
"""Of each kind so many marks are drawn, the highest risk first; more would hide the map."""

_SHARE = 0.13
"""Of the ink within a hotspot."""
_LEADER, _POINT = 1.0, 1.3
_BADGE, _BADGE_SIZE = 4.9, 6.5
_BADGE_AT = (5.6, -7.4)
_RANK_SIZES = {1: 8.5, 2: 8.0}
_RANK_SMALL = 6.2
_ROUND_TURNS = 12
_LABEL_ROOM = 5.0
_GROUND_LINE, _GROUND_PATTERN, _GROUND_SHARE = 1.2, (3.6, 2.4), 0.07
_UNGRADED_PATTERN = (1.7, 1.3)
_LETTER, _LETTER_SMALL = 0.86, 0.7
"""Of the size of a sign; a triangle has room for the small one."""
_LABEL_WIDEST = 120.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """What of the marks is on the map, for the words beside it."""

    hotspots: int
    events: gpd.GeoDataFrame
    """EVENTS that have a sign, in order of time."""
    boxes: tuple[Frame, ...]
    """Of discs, badges and signs of events, in points."""


def sign_of(row: Any) -> str:  # noqa: ANN401 - one row of HOTSPOTS
    """Return the signs of a hotspot: how it has been, and whether the month is above or below what is usual."""
    return STATUS_SIGNS.get(row.status, "") + CHANGE_SIGNS.get(row.change, "")


def draw_findings(sheet: MapSheet, content: PageContent, ground: Ground) -> Drawn:
    """Draw the hotspots, the neighbours' hotspots, the events and the neighbours' names.

    Parameters
    ----------
    sheet
        The paper.
    content
        What is shown.
    ground
        Where it goes.

    Returns
    -------
    Drawn
        How many discs and which events are on the map, and where.
    """
    hotspots, frame = ranked(content.hotspots), ground.frame
    shapes = ground.shape(hotspots.geometry.to_numpy())
    _draw_beside(sheet, content, ground)
    events, points = _on_map(content, ground)
    _draw_grounds(sheet, events, ground)
    paths = [path_of(shape) for shape in shapes]
    for path in paths:
        sheet.shapes([path], edge=style.PAPER, thick=HALO, within=frame, name="halo")
    for path, status in zip(paths, hotspots["status"], strict=True):
        draw_hotspot(sheet, path, words.said(status), frame)
    rows = list(hotspots.itertuples())[:MOST]
    marks = [Mark(point[np.newaxis], (RADIUS, RADIUS, RADIUS, RADIUS), on_point=True) for point in points]
    discs = [
        Mark(shapely.get_coordinates(shape), _reach(sign_of(row))) for shape, row in zip(shapes, rows, strict=False)
    ]
    given = seats([*marks, *discs], frame)
    wanted = [*zip(marks, events.itertuples(), strict=True), *zip(discs, rows, strict=True)]
    seated = [(mark, seat, row) for (mark, row), seat in zip(wanted, given, strict=True) if seat is not None]
    for mark, seat, _ in seated:
        if seat.led:
            _draw_leader(sheet, mark, seat)
    for mark, seat, row in seated:
        if mark.on_point:
            draw_event(sheet, seat.x, seat.y, event_letter(row.kind), words.said(row.risk))
        else:
            draw_disc(sheet, seat.x, seat.y, row.rank, sign_of(row))
    boxes = tuple(mark.at(seat.x, seat.y) for mark, seat, _ in seated)
    _draw_names(sheet, content, ground, boxes)
    signed = [row.Index for mark, _, row in seated if mark.on_point]
    return Drawn(len(seated) - len(signed), in_time(events.loc[signed]), boxes)


def _on_map(content: PageContent, ground: Ground) -> tuple[gpd.GeoDataFrame, npt.NDArray[np.float64]]:
    """Return the events of the opening span in the frame, the highest risk first, and their places in points."""
    events = by_risk(placed(of_span(content, opening(content))))
    # A point on a route or a ground, as on the page: a centroid may lie beside it.
    points = ground.points(shapely.get_coordinates(shapely.point_on_surface(events.geometry.to_numpy())))
    held = np.flatnonzero(ground.holds(points))[:MOST]
    return events.iloc[held], points[held]


def _draw_grounds(sheet: MapSheet, events: gpd.GeoDataFrame, ground: Ground) -> None:
    """Draw the grounds and routes of events, quietly."""
    shaped = events[events.geom_type.isin(GROUNDS)]
    for shape in ground.shape(shaped.geometry.to_numpy()):
        draw_event_ground(sheet, shape, ground.frame)


def draw_event_ground(sheet: MapSheet, shape: BaseGeometry, frame: Frame | None) -> None:
    """Draw the ground or the route of an event; coordinates in points."""
    path = path_of(shape)
    fill = with_share(EVENT, _GROUND_SHARE) if shapely.area(shape) else "none"
    sheet.shapes([path], edge=style.PAPER, thick=2 * _GROUND_LINE, within=frame, name="event-halo")
    look: dict[str, Any] = {"edge": EVENT, "thick": _GROUND_LINE, "pattern": _GROUND_PATTERN}
    sheet.shapes([path], fill=fill, within=frame, name="event-ground", **look)


def _draw_beside(sheet: MapSheet, content: PageContent, ground: Ground) -> None:
    if content.beside is None or content.beside.empty:
        return
    paths = [path_of(shape) for shape in ground.shape(content.beside.geometry.to_numpy())]
    sheet.shapes(paths, edge=style.PAPER, thick=HALO - 0.8, within=ground.frame, name="beside-halo")
    look: dict[str, Any] = {"edge": style.QUIET, "thick": BESIDE_LINE, "pattern": BESIDE_PATTERN}
    sheet.shapes(paths, within=ground.frame, name="beside", **look)


def draw_hotspot(sheet: MapSheet, path: Any, status: str | None, frame: Frame | None) -> None:  # noqa: ANN401
    """Draw the line around a hotspot as its status asks."""
    pattern = [float(part) * DASH for part in STATUS_LINES.get(status or "", "").split()]
    fill = with_share(style.INK, _SHARE)
    sheet.shapes([path], fill=fill, edge=style.INK, thick=LINE, pattern=pattern, within=frame, name="hotspot")


def _reach(sign: str) -> Frame:
    """Return how far a disc and its badge go from the middle of the disc."""
    if not sign:
        return (RADIUS, RADIUS, RADIUS, RADIUS)
    left, right = _badge_ends(sign)
    x, y = _BADGE_AT
    return (RADIUS, -y + _BADGE, max(RADIUS, x + right + _BADGE - left), RADIUS)


def _badge_ends(sign: str) -> tuple[float, float]:
    """Return where the middles of a badge's round ends lie, from its first one."""
    return 0.0, max(width(drawable(sign), _BADGE_SIZE, bold=True) - _BADGE, 0.0)


def draw_disc(sheet: MapSheet, x: float, y: float, rank: int, sign: str = "") -> None:
    """Draw a hotspot's disc with its rank, and its badge at the upper right.

    Parameters
    ----------
    sheet
        The paper.
    x, y
        The middle of the disc in points.
    rank
        The number on it.
    sign
        What stands on the badge; empty: none.
    """
    sheet.shapes([_round(x, x, y, RADIUS - 0.6)], fill=style.INK, edge=style.PAPER, thick=1.2, name="disc")
    said = str(rank)
    size = _RANK_SIZES.get(len(said), _RANK_SMALL)
    sheet.text(x, y, said, size=size, colour=style.PAPER, align="center", bold=True)
    if sign:
        left, right = _badge_ends(sign)
        at, level = x + _BADGE_AT[0], y + _BADGE_AT[1]
        badge = _round(at + left, at + right, level, _BADGE - 0.4)
        sheet.shapes([badge], fill=style.PAPER, edge=style.INK, thick=0.9, name="badge")
        middle = at + (left + right) / 2
        sheet.text(middle, level, sign, size=_BADGE_SIZE, colour=style.INK, align="center", bold=True)


def draw_event(sheet: MapSheet, x: float, y: float, letter: str, risk: str | None, *, size: float = RADIUS) -> None:
    """Draw the sign of an event: its shape and line say the risk, its letter the kind.

    Parameters
    ----------
    sheet
        The paper.
    x, y
        The middle of the sign in points.
    letter
        Of the kind; empty: none.
    risk
        A risk; none: not graded.
    size
        From the middle to the edges, in points.
    """
    key = risk_key(risk)
    thick = line_width(key) * PIXEL
    reach = size - thick / 2
    path, down = _round(x, x, y, reach), 0.0
    if key in CORNERS:
        corners = np.array(CORNERS[key]) - SIDE / 2
        path = path_of(shapely.Polygon(corners * reach / np.abs(corners).max() + [x, y]), fine=True)
        down = (letter_at(key) - letter_at("medium")) * size / SIDE * 2
    pattern = _UNGRADED_PATTERN if key == UNGRADED else style.SOLID
    sheet.shapes([path], fill=style.PAPER, edge=EVENT, thick=thick, pattern=pattern, name="event")
    share = _LETTER_SMALL if down else _LETTER
    sheet.text(x, y + down, letter, size=share * size, colour=EVENT, align="center", bold=True)


def _round(left: float, right: float, y: float, radius: float) -> Any:  # noqa: ANN401 - a path
    """Return a disc, or a bar with round ends."""
    line = shapely.Point(left, y) if left == right else shapely.LineString([(left, y), (right, y)])
    return path_of(line.buffer(radius, quad_segs=_ROUND_TURNS), fine=True)


def _draw_leader(sheet: MapSheet, mark: Mark, seat: Seat) -> None:
    """Draw the line from a mark to what it names."""
    far = np.hypot(*(mark.points - [seat.x, seat.y]).T)
    x, y = mark.points[int(np.argmin(far))]
    for colour, thick in ((style.PAPER, 3 * _LEADER), (EVENT if mark.on_point else style.INK, _LEADER)):
        sheet.line([seat.x, x], [seat.y, y], colour=colour, thick=thick)
    if mark.on_point:
        sheet.shapes([_round(x, x, y, _POINT)], fill=EVENT, edge=style.PAPER, thick=0.5, name="event-point")


def _draw_names(sheet: MapSheet, content: PageContent, ground: Ground, boxes: Sequence[Frame]) -> None:
    """Write the neighbours' names, each on its own ground and on nothing else; a name without room is left out."""
    outline = shapely.transform(content.outline, ground.points).buffer(_LABEL_ROOM)
    beside = [] if content.beside is None else list(ground.shape(content.beside.geometry.to_numpy()))
    marked = [shapely.box(*box) for box in boxes]
    blocked: list[BaseGeometry] = [outline, *(shape.buffer(2.0) for shape in beside), *marked]
    blocked += [shape.buffer(2.0) for shape in ground.shape(content.hotspots.geometry.to_numpy())]
    frame = ground.box.buffer(-_LABEL_ROOM, join_style="mitre")
    tall = page.LABEL_SIZE * style.LEADING
    for row in content.neighbours.itertuples():
        name = fit(drawable(words.said(row.borough) or ""), _LABEL_WIDEST, page.LABEL_SIZE)
        shape = shapely.make_valid(shapely.transform(row.geometry, ground.points))
        room = shapely.difference(shapely.intersection(shape, frame), shapely.union_all(blocked))
        wide = width(name, page.LABEL_SIZE) + 6.0
        seat = label_seat(room, wide, tall) if name else None
        if seat is not None:
            sheet.text(*seat, name, size=page.LABEL_SIZE, colour=page.LABEL, align="center")
            blocked.append(shapely.box(seat[0] - wide / 2, seat[1] - tall / 2, seat[0] + wide / 2, seat[1] + tall / 2))
