"""The ground of the month's map: from metres to points of the paper, areas, veil, outline and incident locations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from hotspots.maps.figures import month_map_page as page
from hotspots.maps.figures import style
from hotspots.maps.figures.month_map_page import path_of
from hotspots.maps.style import class_colours

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import numpy.typing as npt
    from matplotlib.path import Path
    from shapely.geometry.base import BaseGeometry

    from hotspots.maps.content import PageContent
    from hotspots.maps.figures.month_map_page import Frame, MapSheet

_PAD = 0.035
"""Ground shown around the area, as a share of its width and height."""
_FINE = 0.12
"""Bends smaller than this, in points, are not drawn: half the thickness of the line around an area."""
_COARSE, _MANY = 0.25, 2_000
"""So many areas are small ones; in the SVG they become an image, which would pass 2 MB otherwise."""
_AREA_LINE, _OUTLINE, _HATCH_LINE, _HATCH_STEP = 0.4, 1.5, 0.7, 4.2

_DISC, _DISC_AT = 0.85, 0.0277
"""Radius of one incident in points where a metre is so many points; it grows with the cube root of the scale."""
_DISC_LEAST, _DISC_MOST = 0.6, 11.0
_FAINT, _DENSE, _CARPET = 0.13, 0.38, 17.0
"""Opacity of the discs, as on the page: the more there are, the fainter."""
_IMAGE_FROM = 12_000
"""So many discs become an image within the SVG, which would pass 2 MB otherwise."""
_BAR_ROOM = 120.0
_KM = 1000.0
_AREA_SHARE = 0.03
"""Of the usual width of an area that the line around it takes at most."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The frame on the paper and the ground it shows; metres become points at one scale in both directions."""

    frame: Frame
    """In points."""
    scale: float
    """Points to the metre."""
    west: float
    """Easting at the left edge, in metres."""
    north: float
    """Northing at the top edge, in metres."""

    @property
    def box(self) -> BaseGeometry:
        """The frame as a polygon in points."""
        left, top, right, bottom = self.frame
        return shapely.box(left, top, right, bottom)

    def points(self, metres: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return rows of easting and northing as points from the upper left corner of the paper."""
        left, top, _, _ = self.frame
        x = left + (metres[:, 0] - self.west) * self.scale
        return np.column_stack([x, top + (self.north - metres[:, 1]) * self.scale])

    def shape(self, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Return polygons in points, without bends too small to be seen."""
        bend = _FINE if len(shapes) < _MANY else _COARSE
        drawn = shapely.simplify(shapely.transform(shapes, self.points), bend)
        return np.asarray(drawn, dtype=object)

    def holds(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Say which points of the paper lie within the frame."""
        left, top, right, bottom = self.frame
        x, y = points.T
        held: npt.NDArray[np.bool_] = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
        return held


def fit_ground(content: PageContent, frame: Frame) -> Ground:
    """Return the ground that shows the whole area and every hotspot in a frame, as large as it goes.

    Parameters
    ----------
    content
        Outline and hotspots, in metres.
    frame
        Where the map goes, in points.

    Returns
    -------
    Ground
        The area in the middle of the frame.
    """
    shown = shapely.total_bounds(np.array([content.outline, *content.hotspots.geometry], dtype=object))
    (west, south, east, north), (left, top, right, bottom) = shown, frame
    room = 1 - 2 * _PAD
    scale = min(room * (right - left) / max(east - west, 1.0), room * (bottom - top) / max(north - south, 1.0))
    return Ground(
        frame,
        float(scale),
        west=float((west + east) / 2 - (right - left) / 2 / scale),
        north=float((south + north) / 2 + (bottom - top) / 2 / scale),
    )


def draw_ground(sheet: MapSheet, content: PageContent, ground: Ground) -> None:
    """Draw everything under the hotspots: neighbours, areas in their classes, veil, locations, outline.

    Parameters
    ----------
    sheet
        The paper.
    content
        What is shown; the first measure colours the areas.
    ground
        Where it goes.
    """
    frame = ground.frame
    left, top, right, bottom = frame
    sheet.box(left, top, right - left, bottom - top, page.SEA)
    around = _paths(ground, content.neighbours)
    sheet.shapes(around, fill=page.LAND, edge=page.LAND_LINE, thick=style.HAIR, within=frame, name="neighbours")
    _draw_areas(sheet, content, ground)
    outline = shapely.transform(content.outline, ground.points)
    veil = shapely.difference(ground.box, outline)
    sheet.shapes([path_of(veil)], fill=with_share(page.VEIL, page.VEIL_SHARE), within=frame, name="veil")
    _draw_locations(sheet, content.locations, ground)
    drawn = path_of(shapely.simplify(outline, _FINE))
    sheet.shapes([drawn], edge=page.BORDER, thick=_OUTLINE, within=frame, name="outline")


def _area_line(ground: Ground, sizes: npt.NDArray[np.float64]) -> float:
    """Return how thick the line between areas is: small areas would drown in a thick one."""
    side = float(np.sqrt(np.median(sizes))) * _KM * ground.scale if len(sizes) else np.inf
    return min(_AREA_LINE, _AREA_SHARE * side)


def _draw_areas(sheet: MapSheet, content: PageContent, ground: Ground) -> None:
    measure, areas = content.measures[0], content.areas
    classes = areas[measure.class_column].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    own = (areas["zone"] == "area").to_numpy()
    thick = _area_line(ground, areas["area_km2"].to_numpy(dtype=np.float64))
    look: dict[str, Any] = {"edge": style.PAPER, "thick": thick, "within": ground.frame, "image": len(areas) >= _MANY}
    for part, zone in (("ring-", ~own), ("", own)):
        for number, colour in enumerate(class_colours(len(measure.breaks) + 1), start=1):
            paths = _paths(ground, areas[zone & (classes == number)])
            sheet.shapes(paths, fill=colour, name=f"{part}class-{number}", **look)
        empty = areas[zone & np.isnan(classes)]
        if len(empty):
            sheet.shapes(_paths(ground, empty), fill=page.LAND, name=f"{part}no-data", **look)
            hatched = hatch(shapely.union_all(shapely.transform(empty.geometry.to_numpy(), ground.points)))
            sheet.shapes(hatched, edge=page.HATCH, thick=_HATCH_LINE, within=ground.frame, name=f"{part}hatch")


def hatch(shape: BaseGeometry) -> list[Path]:
    """Return slanted lines over a shape in points: what has no data.

    Lines of their own are the same in every program that shows an SVG; a pattern is not.
    """
    left, top, right, bottom = shape.bounds
    tall = bottom - top
    # Anchored to the paper, so that the lines of adjoining shapes meet.
    first = np.floor((left + top) / _HATCH_STEP) * _HATCH_STEP
    ends = np.arange(first, right + bottom + _HATCH_STEP, _HATCH_STEP)
    lines = shapely.linestrings([[(end - top, top), (end - top - tall, bottom)] for end in ends])
    drawn = shapely.intersection(shapely.multilinestrings(lines), shape)
    return [] if drawn.is_empty else [path_of(drawn)]


def _paths(ground: Ground, frame: gpd.GeoDataFrame) -> list[Path]:
    """Return one path for each shape that reaches into the frame."""
    shapes = ground.shape(frame.geometry.to_numpy())
    return [path_of(shape) for shape in shapes[shapely.intersects(shapes, ground.box)]]


def radius_of(n: npt.ArrayLike, scale: float) -> npt.NDArray[np.float64]:
    """Return the radius of a disc in points: its area follows the number of incidents.

    Parameters
    ----------
    n
        Incidents of each location.
    scale
        Points to the metre.

    Returns
    -------
    numpy.ndarray
        As the page draws them at the same scale.
    """
    sizes = _DISC * np.sqrt(np.asarray(n, dtype=np.float64)) * (scale / _DISC_AT) ** (1 / 3)
    held: npt.NDArray[np.float64] = np.clip(sizes, _DISC_LEAST, _DISC_MOST)
    return held


def _draw_locations(sheet: MapSheet, locations: gpd.GeoDataFrame, ground: Ground) -> None:
    at = ground.points(shapely.get_coordinates(locations.geometry.to_numpy()))
    n = locations["n"].to_numpy(dtype=np.int64)
    seen = ground.holds(at) & (n > 0)
    if not seen.any():
        return
    fill = location_fill(int(seen.sum()))
    image = int(seen.sum()) > _IMAGE_FROM
    # Large ones first: a small one on top of them is still seen.
    for number in np.unique(n[seen])[::-1]:
        here = at[seen & (n == number)].round(2)
        sheet.discs(here, float(radius_of(number, ground.scale)), fill, ground.frame, image=image)


def location_fill(seen: int) -> str:
    """Return the colour of the discs where so many are seen, as ``#rrggbbaa``."""
    return with_share(page.LOCATION, min(_DENSE, max(_FAINT, _CARPET / max(seen, 1) ** 0.5)))


def with_share(colour: str, share: float) -> str:
    """Return a colour that covers a share of what lies under it, as ``#rrggbbaa``."""
    return f"{colour}{round(255 * share):02x}"


def example_sizes(locations: gpd.GeoDataFrame) -> tuple[int, ...]:
    """Return the counts whose discs the legend shows: 1 and round numbers up to the highest."""
    return tuple(sorted(set(_round_counts(int(locations["n"].max())))))


def _round_counts(most: int) -> Iterator[int]:
    """Return 1, the last round number up to the highest count, and the last one up to a fifth of that."""
    rising = [count * 10**power for power in range(7) for count in (1, 2, 5)]
    for top in (1, most, most // 5):
        yield from [count for count in rising if count <= top][-1:]


def draw_scale(sheet: MapSheet, ground: Ground, crs_name: str) -> None:
    """Draw the scale bar and the north arrow below the map, so that they cover nothing of it.

    Parameters
    ----------
    sheet
        The paper.
    ground
        The frame, and points to the metre.
    crs_name
        Name of the projected CRS, whose grid says where north is.
    """
    left, _, right, bottom = ground.frame
    metres = bar_length(ground.scale)
    long, y = metres * ground.scale, bottom + 12.0
    sheet.box(left, y - 2.0, long / 2, 4.0, style.TEXT, edge=style.TEXT, thick=style.HAIR)
    sheet.box(left + long / 2, y - 2.0, long / 2, 4.0, style.PAPER, edge=style.TEXT, thick=style.HAIR)
    said = f"{metres / _KM:g} km" if metres >= _KM else f"{metres:g} m"
    sheet.text(left + long + 6.0, y, said, size=page.SIZE)
    sheet.area([right - 8.0, right - 4.0, right - 8.0, right - 12.0], [y - 7.0, y + 6.0, y + 2.5, y + 6.0], style.TEXT)
    said = " · ".join(filter(None, ("Grid north", crs_name)))
    sheet.text(right - 17.0, y, said, size=page.SMALL, colour=style.QUIET, align="right")


def bar_length(scale: float) -> float:
    """Return the longest round length in metres, 1, 2 or 5 times a power of ten, that the scale bar has room for."""
    most = _BAR_ROOM / scale
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(size * power for size in (1.0, 2.0, 5.0) if size * power <= most))
