"""The ONS Open Geography Portal and Nomis: LSOA polygons, the exact-fit lookup and Census 2021 residents.

Built to the documented conventions of ArcGIS REST feature services: a query is paged by ``resultOffset`` in a fixed
order until ``exceededTransferLimit`` is gone, a page may be shorter than asked for, and an error comes as HTTP 200
with an ``error`` object. The number of rows is asked first, so that a page lost in silence is seen.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from shapely.errors import GEOSException

from hotspots.errors import InputError, SettingsError
from hotspots.intake.download import Question, parse_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import geopandas as gpd

    from hotspots.intake.download import Client
    from hotspots.settings import Services

PAGE = 2000
"""Rows asked for at once; a service may give fewer."""
CHUNK = 100
"""Codes named in one request."""
SNAP_M = 0.01
"""Edges this near to each other are one edge: GeoJSON rounds the corners of neighbours apart."""
OVERLAP_SHARE = 0.001
"""Most that two LSOAs may overlap, as a share of the smaller one."""
ISLAND_SHARE = 0.01
"""Most LSOAs without a neighbour, as a share of all; one is always allowed."""

_MOST_PAGES = 100
_CODE = re.compile(r"[EW]\d{8}")
_AREA = re.compile(r"[^\W\d_](?:[^\W\d_]|[ ,.'&()-])*")
_ARCGIS_PASSING = frozenset({429, 500, 502, 503, 504})
_NAMED = 10
LOOKUP_FIELDS = ("LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM", "CHGIND")
RESIDENTS_FIELDS = ("GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "OBS_VALUE")


@dataclass(frozen=True)
class Lsoa:
    """One LSOA as the portal gives it."""

    code: str
    name: str
    geometry: Mapping[str, Any]
    """GeoJSON geometry, EPSG:4326, coordinates as answered."""


@dataclass(frozen=True)
class Ons:
    """Queries to the services of the ONS."""

    client: Client
    services: Services
    vintage: int
    """2011 or 2021."""
    otherwise: str
    """What the user can do when it fails: a sentence."""

    @property
    def layer(self) -> str:
        """Name of the service with the polygons."""
        return self.services.lsoa_2021_layer if self.vintage == 2021 else self.services.lsoa_2011_layer  # noqa: PLR2004

    @property
    def _short(self) -> str:
        return f"LSOA{self.vintage % 100}"

    def named(self, areas: Sequence[str]) -> dict[str, Lsoa]:
        """Return the LSOAs of some districts, by code.

        Parameters
        ----------
        areas
            Districts as the ONS names its LSOAs: the name without its last word, such as ``Bexley``.

        Raises
        ------
        SettingsError
            A name is no name of a district.
        InputError
            The service fails, or has no LSOA of a district.
        """
        field = f"{self._short}NM"
        clauses = []
        for area in areas:
            if _AREA.fullmatch(area) is None:
                raise SettingsError(f"--area {area!r} is no name of a district; write it as the ONS does: Bexley.")
            quoted = area.replace("'", "''")
            # Three digits follow the district's name, at most 199: so Derby does not take Derbyshire Dales.
            clauses += [f"{field} LIKE '{quoted} {digit}%'" for digit in "01"]
        found = self._polygons({"where": " OR ".join(clauses)}, f"the LSOAs of {', '.join(areas)}")
        own = {area: re.compile(rf"{re.escape(area)} \d{{3}}[A-Z]+") for area in areas}
        kept = {code: lsoa for code, lsoa in found.items() if any(own[area].fullmatch(lsoa.name) for area in areas)}
        for area in areas:
            if not any(own[area].fullmatch(lsoa.name) for lsoa in kept.values()):
                raise InputError(
                    f"The ONS layer {self.layer} has no LSOA of {area!r}; write the district as the ONS does, capital "
                    f"letters included, such as Bexley or King's Lynn and West Norfolk, and as of {self.vintage}.",
                )
        return kept

    def around(self, lsoas: Collection[Lsoa], *, epsg: int, reach_m: float) -> dict[str, Lsoa]:
        """Return every LSOA that meets the envelope of some others, widened by ``reach_m`` metres in the CRS ``epsg``.

        Raises
        ------
        InputError
            The service fails.
        """
        west, south, east, north = envelope(lsoas, epsg=epsg, reach_m=reach_m)
        query = {
            "where": "1=1",
            "geometry": f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}",
            "geometryType": "esriGeometryEnvelope",
            "inSR": "4326",
            "spatialRel": "esriSpatialRelIntersects",
        }
        return self._polygons(query, "the neighbouring LSOAs")

    def lookup(self, codes: Sequence[str]) -> bytes:
        """Return the rows of the exact-fit lookup that name some LSOAs of this vintage, as CSV.

        Raises
        ------
        InputError
            The service fails, or lacks one of the codes.
        """
        rows: set[tuple[str, ...]] = set()
        ours = f"{self._short}CD"
        for chunk in _chunks(codes):
            query = {
                "where": f"{ours} IN ({','.join(repr(code) for code in chunk)})",
                "outFields": ",".join(LOOKUP_FIELDS),
                "orderByFields": "LSOA11CD,LSOA21CD",
                "returnGeometry": "false",
                "f": "json",
            }
            for feature in self._features(self.services.lookup_layer, query, "the exact-fit lookup"):
                values = _folded(feature.get("attributes"))
                rows.add(tuple(self._field(values, name, self.services.lookup_layer) for name in LOOKUP_FIELDS))
        self._complete({row[LOOKUP_FIELDS.index(ours)] for row in rows}, codes, self.services.lookup_layer)
        return _csv(LOOKUP_FIELDS, sorted(rows))

    def residents(self, codes: Sequence[str]) -> bytes:
        """Return the usual residents of some LSOAs of 2021 (Census 2021, TS001), as CSV.

        Raises
        ------
        InputError
            Nomis fails, or lacks one of the codes.
        """
        rows: set[tuple[str, ...]] = set()
        for chunk in _chunks(codes):
            fields = {
                "geography": ",".join(chunk),
                "c2021_restype_3": "0",
                "measures": "20100",
                "select": ",".join(RESIDENTS_FIELDS),
            }
            question = Question(self.services.residents_url, fields, "the residents of Census 2021", self.otherwise)
            rows |= set(self.client.ask(question, _residents).document or ())
        self._complete({row[0] for row in rows}, codes, "Nomis")
        return _csv(RESIDENTS_FIELDS, sorted(rows))

    def _polygons(self, query: Mapping[str, str], what: str) -> dict[str, Lsoa]:
        fields = (f"{self._short}CD", f"{self._short}NM")
        shape = {"outFields": ",".join(fields), "outSR": "4326", "orderByFields": fields[0], "f": "geojson"}
        found: dict[str, Lsoa] = {}
        for feature in self._features(self.layer, {**query, **shape}, what):
            values, geometry = _folded(feature.get("properties")), feature.get("geometry")
            code, name = (self._field(values, field, self.layer) for field in fields)
            if _CODE.fullmatch(code) is None or not name or not isinstance(geometry, dict) or not _is_polygon(geometry):
                raise InputError(
                    f"The ONS layer {self.layer} gave a feature that is no LSOA ({code[:20]!r}). {self.otherwise}"
                )
            found.setdefault(code, Lsoa(code, name, geometry))
        return found

    def _features(self, layer: str, query: Mapping[str, str], what: str) -> list[dict[str, Any]]:
        """Return all features that a query finds, page by page."""
        url = f"{self.services.arcgis_url.rstrip('/')}/{layer}/FeatureServer/0/query"
        expected = self._ask(url, {"where": "1=1", **query, "f": "json", "returnCountOnly": "true"}, what).get("count")
        features: list[dict[str, Any]] = []
        offset = 0
        for _ in range(_MOST_PAGES):
            paged = {**query, "resultOffset": str(offset), "resultRecordCount": str(PAGE)}
            page = self._ask(url, paged, what)
            given = page.get("features")
            if not isinstance(given, list) or not all(isinstance(feature, dict) for feature in given):
                raise InputError(f"The ONS layer {layer} answered without a list of features. {self.otherwise}")
            features += given
            offset += len(given) or PAGE  # a page may be empty and yet not the last
            if not _is_more(page):
                break
        if len(features) != expected:
            raise InputError(
                f"The ONS layer {layer} gave {len(features)} of {expected} rows for {what}; try again. {self.otherwise}"
            )
        return features

    def _ask(self, url: str, fields: Mapping[str, str], what: str) -> dict[str, Any]:
        hints = {
            400: "it cannot use the query",
            404: "it has no such layer; service names carry versions, see [services] in the settings",
        }
        question = Question(url, fields, what, self.otherwise, hints=hints)
        return self.client.ask(question, partial(_arcgis, what=what, otherwise=self.otherwise)).document or {}

    def _field(self, values: Mapping[str, Any], name: str, layer: str) -> str:
        value = values.get(name.casefold())
        if not isinstance(value, str):
            raise InputError(f"The ONS layer {layer} gave a row without the text {name}. {self.otherwise}")
        return " ".join(value.split())

    def _complete(self, found: set[str], codes: Sequence[str], source: str) -> None:
        missing = [code for code in codes if code not in found]
        if missing:
            named = ", ".join(missing[:_NAMED])
            raise InputError(
                f"{source} gave nothing for {len(missing)} of {len(codes)} LSOAs ({named}). {self.otherwise}"
            )


def _arcgis(body: bytes, *, what: str, otherwise: str) -> dict[str, Any]:
    """Return the document of an ArcGIS answer; an error of the server, sent as HTTP 200, may pass."""
    document = parse_json(body)
    if not isinstance(document, dict):
        raise InputError(f"The ONS portal answered {type(document).__name__}, no object, for {what}. {otherwise}")
    error = document.get("error")
    if error is not None:
        code, said = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, error)
        sentence = " ".join(f"error {code}: {said or 'no message'}".split())[:200]
        if code in _ARCGIS_PASSING:
            raise ValueError(sentence)
        raise InputError(
            f"The ONS portal refused {what} ({sentence}); has the layer been renamed? "
            f"See [services] in the settings. {otherwise}",
        )
    return document


def _is_more(page: Mapping[str, Any]) -> bool:
    """Return whether a page says that others follow: GeoJSON says it among its properties."""
    properties = page.get("properties")
    inside = properties.get("exceededTransferLimit") if isinstance(properties, dict) else None
    return bool(page.get("exceededTransferLimit") or inside)


def _is_polygon(geometry: dict[str, Any]) -> bool:
    if geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        return False
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except (GEOSException, ValueError, RecursionError):
        return False
    return not shape.is_empty


def _folded(values: Any) -> dict[str, Any]:  # noqa: ANN401
    return {str(name).casefold(): value for name, value in values.items()} if isinstance(values, dict) else {}


def _residents(body: bytes) -> list[tuple[str, ...]]:
    """Return code, name and residents of a Nomis CSV; a ``ValueError`` says what it is instead."""
    text = body.decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    if not table or not set(RESIDENTS_FIELDS) <= set(table[0]):
        raise ValueError(f"it is no table of residents and begins with {text[:40]!r}")
    rows: list[tuple[str, ...]] = []
    for record in table:
        code, name, value = (str(record[field] or "").strip() for field in RESIDENTS_FIELDS)
        number = float(value)
        if not (math.isfinite(number) and number >= 0 and number.is_integer()):
            raise ValueError(f"{value!r} is no number of residents")
        rows.append((code, name, str(int(number))))
    return rows


def _chunks(codes: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(codes), CHUNK):
        yield codes[start : start + CHUNK]


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([header, *rows])
    return buffer.getvalue().encode("utf-8")


def geojson(lsoas: Collection[Lsoa], *, vintage: int, name: str) -> bytes:
    """Return LSOAs as GeoJSON in EPSG:4326, sorted by code, one to a line, coordinates as the portal gave them."""
    short = f"LSOA{vintage % 100}"
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {f"{short}CD": lsoa.code, f"{short}NM": lsoa.name},
                "geometry": {"type": lsoa.geometry["type"], "coordinates": lsoa.geometry["coordinates"]},
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )
        for lsoa in sorted(lsoas, key=lambda lsoa: lsoa.code)
    ]
    head = f'{{"type":"FeatureCollection","name":{json.dumps(name)},"features":['
    return "\n".join([head, ",\n".join(lines), "]}", ""]).encode("utf-8", "replace")


def envelope(lsoas: Collection[Lsoa], *, epsg: int, reach_m: float) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of LSOAs and of ``reach_m`` metres around them in the CRS ``epsg``."""
    points = np.vstack([shapely.get_coordinates(shapely.from_geojson(json.dumps(lsoa.geometry))) for lsoa in lsoas])
    there = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
    x, y = there.transform(points[:, 0], points[:, 1])
    box = shapely.box(min(x) - reach_m, min(y) - reach_m, max(x) + reach_m, max(y) + reach_m)
    ring = shapely.get_coordinates(shapely.segmentize(box, 1000.0))
    longitude, latitude = there.transform(ring[:, 0], ring[:, 1], direction="INVERSE")
    down, up = (partial(_rounded, way=way) for way in (math.floor, math.ceil))
    return down(min(longitude)), down(min(latitude)), up(max(longitude)), up(max(latitude))


def _rounded(degrees: float, *, way: Any) -> float:  # noqa: ANN401
    return float(way(degrees * 1e5) / 1e5)


@dataclass(frozen=True)
class LayerCheck:
    """What was found in a layer that passed."""

    islands: tuple[str, ...]
    """Codes of LSOAs that touch no other."""
    largest_overlap_m2: float


def check_layer(areas: gpd.GeoDataFrame) -> LayerCheck:
    """Check that LSOAs form one pavement: no overlaps, and neighbours after a snap of 1 cm.

    Parameters
    ----------
    areas
        AREAS in a metric CRS, polygons repaired.

    Raises
    ------
    InputError
        Two LSOAs overlap by more than the tolerance, or too many have no neighbour; the first ten are named.
    """
    shapes, codes = areas.geometry.array, areas.index.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=SNAP_M)
    once = left < right
    left, right = left[once], right[once]
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    smaller = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    over = shared > OVERLAP_SHARE * smaller
    if over.any():
        pairs = [f"{a} and {b}" for a, b in zip(codes[left[over]], codes[right[over]], strict=True)][:_NAMED]
        raise InputError(
            f"{int(over.sum())} pairs of LSOAs overlap by more than {OVERLAP_SHARE:.1%} ({', '.join(pairs)}); an "
            "incident there would have two homes, so the layer is not used.",
        )
    touched = set(left) | set(right)
    islands = tuple(str(code) for number, code in enumerate(codes) if number not in touched and len(codes) > 1)
    if len(islands) > max(1, ISLAND_SHARE * len(codes)):
        raise InputError(
            f"{len(islands)} of {len(codes)} LSOAs touch no other within {SNAP_M * 100:g} cm "
            f"({', '.join(islands[:_NAMED])}); their edges do not meet, so the layer is not used.",
        )
    return LayerCheck(islands, float(shared.max()) if len(shared) else 0.0)
