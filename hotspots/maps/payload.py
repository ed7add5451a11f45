"""What the page's scripts draw from: the labelled frames as one JSON value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from hotspots.maps import words
from hotspots.maps.agenda import CANCELLED, days_of, ground_of, in_time, live, point_of, told, whens
from hotspots.maps.columns import encode_column, encode_labels, encode_places
from hotspots.maps.encode import encode_shape, encode_words, origin_of
from hotspots.maps.style import CHANGE_SIGNS, CHANGE_WORDS, STATUS_SIGNS, event_letter
from hotspots.maps.tensions import tension_payload
from hotspots.maps.topology import topology

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.maps.content import Measure, PageContent, Tested

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
    tensions = tension_payload(content, origin)
    return {
        **({"tensions": tensions} if tensions else {}),
        "origin": list(origin),
        "month": content.words.month_short,
        "window": words.months_held(content.months),
        "tiles": content.tiles is not None,
        "months": [{"name": month.label, "key": month.key, "n": month.n} for month in content.months],
        "measures": [*map(_measure, content.measures), *map(_tested, content.tested)],
        "areas": _areas(areas, content, origin),
        "outline": encode_shape(outline.iloc[0], origin),
        "neighbours": {
            "name": [words.said(name) for name in neighbours["borough"]],
            "shape": [encode_shape(shape, origin) for shape in neighbours.geometry],
        },
        "locations": _locations(_degrees(content.locations), origin),
        "rows": _rows(content),
        "hotspots": _hotspots(content, origin),
        "drawn": _drawn(content, origin),
        "backdrop": content.backdrop,
        "bands": _bands(content, origin),
        "beside": _beside(content, origin),
        "events": _events(content, origin),
        "periods": [
            {"title": period.title, "first": period.first, "last": period.last, "opening": period.opening}
            for period in content.periods
        ],
    }


def _degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # An empty frame may have no CRS; it has nothing to turn either.
    return frame.to_crs(_EPSG) if len(frame) else frame


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "column": measure.column,
        "title": measure.title,
        "breaks": list(measure.breaks),
        "ranges": words.class_ranges(measure.breaks),
        "times": measure.times,
        "month": {
            "title": measure.month_title,
            "breaks": list(measure.month_breaks),
            "ranges": words.class_ranges(measure.month_breaks),
        },
    }


def _tested(tested: Tested) -> dict[str, Any]:
    return {"column": tested.column, "title": tested.title, "ranges": [said for _, said in tested.labels]}


def _areas(areas: gpd.GeoDataFrame, content: PageContent, origin: tuple[int, int]) -> dict[str, Any]:
    measures = content.measures
    classes = [areas[m.class_column] for m in measures]
    classes += [words.label_classes(areas[tested.column], tested) for tested in content.tested]
    return {
        "code": [str(code) for code in areas.index],
        "name": [str(name) for name in areas["lsoa_name"]],
        "borough": encode_words(words.said(name) for name in areas["borough"]),
        "inside": [int(zone == "area") for zone in areas["zone"]],
        "n": [words.known(n) for n in areas["n"]],
        "month": [words.known(n) for n in areas["n_month"]],
        "usual": [words.usual(*ends) for ends in zip(areas["usual_low"], areas["usual_high"], strict=True)],
        "divisors": [[words.number(size) for size in areas[measure.divisor]] for measure in measures],
        "rates": [[words.rounded(rate) for rate in areas[measure.column]] for measure in measures],
        "classes": [[words.known(number) for number in column] for column in classes],
        "shape": topology(areas.geometry, origin),
    }


def _locations(locations: gpd.GeoDataFrame, origin: tuple[int, int]) -> dict[str, Any]:
    return {
        "at": encode_places(shapely.get_coordinates(locations.geometry.to_numpy()), origin),
        "street": encode_labels(words.said(street) for street in locations["street"]),
    }


def _rows(content: PageContent) -> dict[str, Any]:
    """Return the selections as columns of positions: of locations, areas, hotspots, months, crime types, themes."""
    rows, kinds = content.selections, crime_types(content)
    months = {month.key: at for at, month in enumerate(content.months)}
    names = dividing_themes(content)
    themes = {
        text: sum(1 << at for at, name in enumerate(names) if name in str(text).split("|"))
        for text in rows["themes"].unique()
    }
    columns = {
        "location": content.locations.index.get_indexer(rows["location_no"]),
        "area": content.areas.index.get_indexer(rows["lsoa_code"]),
        "hotspot": ranked(content.hotspots).index.get_indexer(rows["hotspot_id"]),
        "month": rows["month"].astype("str").map(months),
        "kind": rows["category"].map({kind: at for at, kind in enumerate(kinds)}),
        "theme": rows["themes"].map(themes),
        "hour": rows["hour_of_week"],
        "n": rows["n"],
    }
    return {
        "columns": {name: encode_column(values) for name, values in columns.items()},
        "kinds": kinds,
        "themes": names,
    }


def crime_types(content: PageContent) -> list[str]:
    """Return the crime types of the selections, those with most incidents first."""
    counts = content.selections.groupby("category", observed=True)["n"].sum()
    return [str(name) for name in counts.sort_index().sort_values(ascending=False, kind="stable").index]


def dividing_themes(content: PageContent) -> list[str]:
    """Return the themes that some of the selections carry and others do not: one that all carry is no choice."""
    carried = [set(str(text).split("|")) - {""} for text in content.selections["themes"].unique()]
    everywhere = set.intersection(*carried) if carried else set()
    return sorted(set().union(*carried) - everywhere)


def _drawn(content: PageContent, origin: tuple[int, int]) -> list[dict[str, Any]]:
    """Return what the method drew in earlier months: the position of the month, and the grounds."""
    if content.drawn is None or content.drawn.empty:
        return []
    shapes = _degrees(content.drawn)
    groups = shapes.geometry.groupby(shapes["month"].astype("str"))
    grounds = {str(key): [encode_shape(shape, origin) for shape in group] for key, group in groups}
    return [
        {"month": at, "shape": grounds[month.key]} for at, month in enumerate(content.months) if month.key in grounds
    ]


def _hotspots(content: PageContent, origin: tuple[int, int]) -> list[dict[str, Any]]:
    names, looked_at, near = words.names_of(content.areas), content.months_looked_at, _near(content)
    blind = _on_unknown(content)
    return [
        {
            "id": str(row.Index),
            "rank": int(row.rank),
            "name": words.place(row.name, row.rank),
            "near": near.get(str(row.Index), []),
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
            "blind": str(row.Index) in blind,
            "inside": words.count(row.n_in_area),
            "sort": [int(row.rank), int(row.n_month), int(row.n)],
            "shape": encode_shape(row.geometry, origin),
        }
        for row in ranked(_degrees(content.hotspots)).itertuples()
    ]


def _moved(row: Any) -> str | None:  # noqa: ANN401 - one row of HOTSPOTS
    """Return what happened next to a hotspot that fell, where that hints at displacement."""
    if not row.displacement:
        return None
    around = f"{words.count(row.ring_n_month)}, usual {words.usual(row.ring_usual_low, row.ring_usual_high)}"
    return f"fell while the ground around it rose ({around}): a hint of displacement, no proof"


def _bands(content: PageContent, origin: tuple[int, int]) -> list[Any]:
    """Return the grounds of the density, the widest first."""
    if content.bands is None or content.bands.empty:
        return []
    return [encode_shape(shape, origin) for shape in _degrees(content.bands).geometry]


def _beside(content: PageContent, origin: tuple[int, int]) -> list[dict[str, Any]]:
    """Return the neighbours' hotspots near the area."""
    if content.beside is None or content.beside.empty:
        return []
    return [
        {"name": words.place(row.name, row.rank), "shape": encode_shape(row.geometry, origin)}
        for row in ranked(_degrees(content.beside)).itertuples(index=False)
    ]


def _on_unknown(content: PageContent) -> set[str]:
    """Return the hotspots that reach onto ground without data."""
    unknown = content.areas.geometry[content.areas["n"].isna()]
    at, _ = unknown.sindex.query(content.hotspots.geometry, predicate="intersects")
    return {str(key) for key in content.hotspots.index[at]}


def _near(content: PageContent) -> dict[str, list[list[int]]]:
    """Return the events near each hotspot, cancelled ones left out: position in reading order, and metres."""
    if content.near is None:
        return {}
    found: dict[str, list[list[int]]] = {}
    held = set(live(content.events).index)
    at = in_time(content.events).index.get_indexer(content.near["event_id"].where(content.near["event_id"].isin(held)))
    metres = content.near["distance_m"].round().astype(int)
    for hotspot, event, distance in zip(content.near["hotspot_id"], at.tolist(), metres, strict=True):
        if event >= 0:
            found.setdefault(str(hotspot), []).append([event, distance])
    return found


def _events(content: PageContent, origin: tuple[int, int]) -> list[dict[str, Any]]:
    said, days = whens(content), days_of(content)
    return [
        {
            "id": str(row.Index),
            "dates": [list(date) for date in days[str(row.Index)]],
            **told(row),
            "title": str(row.title),
            "kind": str(row.kind),
            "letter": event_letter(row.kind),
            "when": said[str(row.Index)],
            "risk": words.said(row.risk),
            "status": str(row.status),
            "notes": words.said(row.notes),
            "off": row.status == CANCELLED,
            "at": None if row.status == CANCELLED else point_of(row.geometry, origin),
            "shape": None if row.status == CANCELLED else ground_of(row.geometry, origin),
        }
        for row in in_time(_degrees(content.events)).itertuples()
    ]


def ranked(hotspots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the hotspots in reading order: by rank, then by key."""
    return hotspots.sort_values("rank", kind="stable")


def reading_order(areas: gpd.GeoDataFrame, column: str) -> NDArray[np.intp]:
    """Return row positions of the areas in reading order: own areas first, then by falling rate, then by key."""
    own = (areas["zone"] == "area").to_numpy()
    rates = areas[column].astype(float).fillna(-1.0).to_numpy()
    return np.lexsort((np.arange(len(areas)), -rates, ~own))
