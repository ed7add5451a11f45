"""The invented places of the demonstration: venues, routes and grounds of its events, and wards."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import numpy as np
import shapely

from hotspots.data.invented import CENTRES, HOME
from hotspots.data.streets import METRES_PER_DEGREE, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

VENUES = {
    "Foxglove Library": (0.149600, 51.461200, "Market Cross stops"),
    "Kiln Corner Youth Centre": (0.117400, 51.448900, "Kiln Corner parade of shops"),
    "Market Cross Square": (0.130600, 51.468800, "Market Cross stops and taxi rank"),
    "Old Mill Playing Field": (0.138700, 51.434400, "Old Mill Lane, both ends"),
    "Riverside Pavilion": (0.165900, 51.488500, "Riverside Walk"),
    "Southbridge Show Field": (0.130000, 51.416300, "Southbridge stops"),
    "Station Parade Ground": (0.161900, 51.454800, "Station Parade and the station"),
    "Weavers Hall": (0.132200, 51.468300, "Market Cross stops"),
    "Westgate Green": (0.088300, 51.468300, "Westgate, both sides of the borough line"),
    "Wharf Hall": (0.191300, 51.460200, "New Wharf stops"),
}
"""Longitude and latitude of each venue, and where people leave to."""

SHAPES = {
    "Carnival route": (
        (0.158900, 51.453200),
        (0.153600, 51.456400),
        (0.147200, 51.460900),
        (0.140100, 51.464700),
        (0.134900, 51.467300),
        (0.130800, 51.469000),
    ),
    "River run": (
        (0.164900, 51.489000),
        (0.159800, 51.488200),
        (0.154700, 51.486300),
        (0.158900, 51.484800),
        (0.163800, 51.486900),
    ),
    "Parade route": ((0.157300, 51.452400), (0.158900, 51.453200), (0.160800, 51.454300), (0.161900, 51.454800)),
    "Show field": (
        (0.128800, 51.415600),
        (0.131300, 51.415800),
        (0.131200, 51.417100),
        (0.128700, 51.416900),
        (0.128800, 51.415600),
    ),
    "Wharf quay": (
        (0.189900, 51.459200),
        (0.191900, 51.459400),
        (0.191800, 51.460100),
        (0.189800, 51.459900),
        (0.189900, 51.459200),
    ),
}
"""Longitude and latitude of every corner; what ends where it begins is a ground, the rest are routes."""
SHAPES_FILE = "grounds.geojson"


def venues_text() -> str:
    """Return the venues of the register as CSV: name, longitude and latitude in EPSG:4326."""
    columns = ("name", "longitude", "latitude")
    rows = ((name, f"{place[0]:.6f}", f"{place[1]:.6f}") for name, place in VENUES.items())
    return csv_text(columns, (dict(zip(columns, row, strict=True)) for row in rows))


def grounds_text() -> str:
    """Return the routes and grounds of the register as GeoJSON in EPSG:4326, a feature a line, named by ``name``."""
    features = [json.dumps(_feature(name, corners)) for name, corners in SHAPES.items()]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"


def wards_text(outline: Outline) -> str:
    """Return the invented ward of each LSOA as CSV: that of the nearest centre.

    Parameters
    ----------
    outline
        The areas, see :func:`hotspots.data.streets.read_outline`.

    Returns
    -------
    str
        ``LSOA11CD``, ``LSOA11NM`` and ``ward``, in the order of the outline. All centres lie in the home borough, so
        that the neighbours have no ward.
    """
    centres = np.array([(centre.longitude, centre.latitude) for centre in CENTRES]) * METRES_PER_DEGREE
    metric = outline.metric
    columns, rows = ("LSOA11CD", "LSOA11NM", "ward"), []
    for number in np.flatnonzero(outline.boroughs == HOME).tolist():
        middle = shapely.get_coordinates(shapely.centroid(metric[number]))[0]
        nearest = int(np.argmin(((centres - middle) ** 2).sum(axis=1)))
        row = (outline.codes[number], outline.names[number], ward_name(CENTRES[nearest].street))
        rows.append(dict(zip(columns, row, strict=True)))
    return csv_text(columns, rows)


def ward_name(street: str) -> str:
    """Return what the ward of a centre is called, such as ``Riverside`` of ``Riverside Walk``."""
    return street.removesuffix(" Walk")


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows as CSV with Unix line ends.

    Parameters
    ----------
    columns
        Titles, in their order.
    rows
        Title → text, each with every title and no other.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _feature(name: str, corners: tuple[tuple[float, float], ...]) -> dict[str, object]:
    line = [list(corner) for corner in corners]
    closed = corners[0] == corners[-1]
    geometry = {"type": "Polygon", "coordinates": [line]} if closed else {"type": "LineString", "coordinates": line}
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
