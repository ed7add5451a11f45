"""What the page's scripts draw from: the labelled frames as one JSON value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from hotspots.maps import words
from hotspots.maps.encode import encode_points, encode_shape, encode_words, origin_of
from hotspots.maps.style import CHANGE_SIGNS, CHANGE_WORDS, STATUS_SIGNS, event_letter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.maps.content import Measure, PageContent

_EPSG = 4326


def build_payload(content: PageContent) -> dict[str, Any]:
    """Return the page's data.

    Parameters
    ----------
    content
        The page's content; its frames are read in EPSG:4326 and not changed.

    Returns
    -------
    dict
        JSON values only. Geometry is whole numbers (``encode``), text that repeats is dictionary-coded,
        numbers are rounded as a reader sees them.
    """
    areas = content.areas.to_crs(_EPSG)
    outline = gpd.GeoSeries([content.outline], crs=content.areas.crs).to_crs(_EPSG)
    neighbours = _degrees(content.neighbours)
    bounds = np.array([areas.total_bounds, outline.total_bounds])
    origin = origin_of(bounds[:, :2].min(axis=0))
    return {
        "origin": list(origin),
        "month": content.words.month_short,
        "window": words.months_held(content.months),
        "tiles": content.tiles is not None,
        "measures": [{"title": m.title, "ranges": words.class_ranges(m.breaks)} for m in content.measures],
        "areas": _areas(areas, content.measures, origin),
        "outline": encode_shape(outline.iloc[0], origin),
        "neighbours": {
            "name": [words.said(name) for name in neighbours["borough"]],
            "shape": [encode_shape(shape, origin) for shape in neighbours.geometry],
        },
        "locations": _locations(_degrees(content.locations), origin),
        "hotspots": _hotspots(content, origin),
        "beside": _beside(content, origin),
        "events": _events(_degrees(content.events), origin),
    }


def _degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # An empty frame may have no CRS; it has nothing to turn either.
    return frame.to_crs(_EPSG) if len(frame) else frame


def _areas(areas: gpd.GeoDataFrame, measures: tuple[Measure, ...], origin: tuple[int, int]) -> dict[str, Any]:
    return {
        "code": [str(code) for code in areas.index],
        "name": [str(name) for name in areas["lsoa_name"]],
        "borough": encode_words(words.said(name) for name in areas["borough"]),
        "inside": [int(zone == "area") for zone in areas["zone"]],
        "n": [words.known(n) for n in areas["n"]],
        "month": [words.known(n) for n in areas["n_month"]],
        "rates": [[words.rounded(rate) for rate in areas[measure.column]] for measure in measures],
        "classes": [[words.known(number) for number in areas[m.class_column]] for m in measures],
        "shape": [encode_shape(shape, origin) for shape in areas.geometry],
    }


def _locations(locations: gpd.GeoDataFrame, origin: tuple[int, int]) -> dict[str, Any]:
    return {
        "at": encode_points(shapely.get_coordinates(locations.geometry.to_numpy()), origin),
        "n": [int(n) for n in locations["n"]],
        "month": [words.known(n) for n in locations["n_month"]],
        "street": encode_words(words.said(street) for street in locations["street"]),
    }


def _hotspots(content: PageContent, origin: tuple[int, int]) -> list[dict[str, Any]]:
    names, looked_at = words.names_of(content.areas), content.months_looked_at
    return [
        {
            "rank": int(row.rank),
            "name": words.place(row.name, row.rank),
            "month": words.count(row.n_month),
            "usual": words.usual(row.usual_low, row.usual_high),
            "change": CHANGE_WORDS[row.change],
            "sign": STATUS_SIGNS.get(row.status, "") + CHANGE_SIGNS.get(row.change, ""),
            "status": words.said(row.status),
            "life": words.life(row.status, row.first_seen, row.months_in_top, looked_at),
            "moved": _moved(row),
            "n": words.count(row.n),
            "share": words.share(row.share_of_n),
            "land": words.share(row.share_of_area),
            "ha": words.rate(row.area_ha),
            "width": words.count(round(row.width_m, -1)),
            "mostly": str(row.top_category),
            "peak": words.said(row.peak_time),
            "lsoas": words.lsoas(row.lsoa_codes, names),
            "grid": words.said(row.grid_ref),
            "easting": words.count(round(row.easting)),
            "northing": words.count(round(row.northing)),
            "cross": bool(row.cross_border),
            "inside": words.count(row.n_in_area),
            "sort": [int(row.rank), int(row.n_month), int(row.n)],
            "shape": encode_shape(row.geometry, origin),
        }
        for row in ranked(_degrees(content.hotspots)).itertuples(index=False)
    ]


def _moved(row: Any) -> str | None:  # noqa: ANN401 - one row of HOTSPOTS
    """Return what happened next to a hotspot that fell, where that hints at displacement."""
    if not row.displacement:
        return None
    around = f"{words.count(row.ring_n_month)}, usual {words.usual(row.ring_usual_low, row.ring_usual_high)}"
    return f"fell while the ground around it rose ({around}): a hint of displacement, no proof"


def _beside(content: PageContent, origin: tuple[int, int]) -> list[dict[str, Any]]:
    """Return the neighbours' hotspots near the area."""
    if content.beside is None or content.beside.empty:
        return []
    return [
        {"name": words.place(row.name, row.rank), "shape": encode_shape(row.geometry, origin)}
        for row in ranked(_degrees(content.beside)).itertuples(index=False)
    ]


def _events(events: gpd.GeoDataFrame, origin: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {
            "title": str(row.title),
            "kind": str(row.kind),
            "letter": event_letter(row.kind),
            "when": words.when(row.starts_at, row.ends_at),
            "risk": words.said(row.risk),
            "status": str(row.status),
            "notes": words.said(row.notes),
            "at": _point(row.geometry, origin),
        }
        for row in in_time(events).itertuples(index=False)
    ]


def _point(geometry: Any, origin: tuple[int, int]) -> list[int] | None:  # noqa: ANN401 - a point, or none
    if geometry is None or geometry.is_empty:
        return None
    return encode_points(shapely.get_coordinates(geometry), origin)


def ranked(hotspots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the hotspots in reading order: by rank, then by key."""
    return hotspots.sort_values("rank", kind="stable")


def in_time(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events in reading order: by start, then by key."""
    return events.sort_values("starts_at", kind="stable")


def reading_order(areas: gpd.GeoDataFrame, column: str) -> NDArray[np.intp]:
    """Return row positions of the areas in reading order: own areas first, then by falling rate, then by key."""
    own = (areas["zone"] == "area").to_numpy()
    rates = areas[column].astype(float).fillna(-1.0).to_numpy()
    return np.lexsort((np.arange(len(areas)), -rates, ~own))
