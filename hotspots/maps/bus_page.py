"""Where the outreach bus could stop, as one offline page on which the reader switches sites on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup

from hotspots.errors import TableError
from hotspots.maps import bus_panel, offline
from hotspots.maps.bus_curve import HEIGHT, WIDTH, drawing
from hotspots.maps.bus_payload import build_bus_payload
from hotspots.maps.encode import safe_json
from hotspots.maps.layers import build_map, pieces
from hotspots.maps.style import paper, stylesheet
from hotspots.tables import CURVE, PROVISION, ROTA, SITES, check

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.maps.bus_content import BusContent

OVERLAYS = {
    "areas": "Areas by need",
    "zones": "No-stop zones",
    "reach": "Reach of the stops",
    "hotspots": "Hotspots",
    "provision": "Existing services",
    "candidates": "Sites that are no stop",
    "stops": "",
    "backdrop": "Roads, water and places",
}
"""Layers of the map and their names in the layer control, in its order; without a name: always shown."""

_EARLY = 'document.documentElement.classList.add("js");'
_BEFORE = ("decode.js", "ground.js", "marks.js", "backdrop.js", "bus_map.js")
"""Scripts that folium's own needs; of ``marks.js`` the names of the boroughs."""
_AFTER = ("bus_model.js", "bus_tables.js", "bus.js")
"""Scripts that need the map."""
_STYLES = ("page.css", "backdrop.css", "bus.css")
_AREA_COLUMNS = ("lsoa_name", "borough", "zone", "need", "need_per_km2", "need_class")
_SITE_COLUMNS = ("ward", "hotspot_ids", "covered")


def build_bus_page(content: BusContent) -> str:
    """Write one offline page.

    Parameters
    ----------
    content
        Labelled frames in one projected CRS, the coverage, and finished sentences; nothing of it is changed. Every
        text is taken as plain text, whatever signs it holds.

    Returns
    -------
    str
        A whole HTML document: Leaflet, data, styles and scripts are inside, and its Content-Security-Policy lets
        nothing else in. It holds areas, sites and totals, and no place of an incident. The best plan, the other plans,
        the curve, the rota and all sentences stand in it as text and can be read without scripts. The same content
        gives the same bytes.

    Raises
    ------
    TableError
        A frame lacks a column or breaks its contract, the frames are not in one projected CRS, a class lies outside
        the breaks, the coverage does not fit together, or a plan or rule names a site that is not there.
    OutputError
        Leaflet's files, which the package XStatic-Leaflet carries, are not there.
    """
    _check(content)
    west, south, east, north = content.areas.to_crs(4326).total_bounds
    centre = (round((south + north) / 2, 5), round((west + east) / 2, 5))
    chart = build_map((), centre, None, _overlays(content), OVERLAYS)
    map_html, map_script = pieces(chart)
    leaflet_script, leaflet_css = offline.leaflet()
    begin = "".join(map(offline.asset, _BEFORE))
    finish = f"{map_script}\nhotspotsPage.start({chart.get_name()});\n{''.join(map(offline.asset, _AFTER))}"
    scripts = [offline.inline_script(text) for text in (_EARLY, leaflet_script, begin, finish)]
    own = [
        stylesheet((len(content.breaks) + 1,)),
        *map(offline.asset, _STYLES),
        paper(content.words.marking),
    ]
    styles = [leaflet_css, "\n".join(own)]
    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text: str = environment.from_string(offline.asset("bus.html.j2")).render(
        policy=offline.policy(scripts, styles, None),
        scripts=[Markup(text) for text in scripts],  # noqa: S704 - our own scripts, checked above
        styles=[Markup(text) for text in styles],  # noqa: S704 - our own style sheets
        data=Markup(safe_json(build_bus_payload(content))),  # noqa: S704 - JSON without < > &
        map_html=Markup(map_html),  # noqa: S704 - folium's empty map element
        **_static(content),
    )
    return text


def _overlays(content: BusContent) -> list[str]:
    """Return the layers that there is something to draw for."""
    signs = bus_panel.signs(content)
    optional = {
        "zones": signs["zones"],
        "reach": signs["reach"] is not None,
        "hotspots": signs["hotspots"],
        "provision": signs["provision"],
        "backdrop": content.backdrop is not None,
    }
    return [kind for kind in OVERLAYS if optional.get(kind, True)]


def _static(content: BusContent) -> dict[str, Any]:
    """Return what the template writes as text; the template escapes all of it."""
    return {
        "words": content.words,
        "stops": bus_panel.stop_rows(content),
        "others": bus_panel.other_rows(content),
        "plans": bus_panel.plan_rows(content),
        "curve": bus_panel.curve_rows(content),
        "drawing": drawing(content),
        "size": (WIDTH, HEIGHT),
        "rota": bus_panel.rota_rows(content),
        "legend": bus_panel.legend(content),
        "signs": bus_panel.signs(content),
    }


def _check(content: BusContent) -> None:
    """Refuse what cannot be drawn.

    Raises
    ------
    TableError
        See ``build_bus_page``.
    """
    crs = content.areas.crs
    if crs is None or not crs.is_projected:
        raise TableError(f"The areas of a bus page must be in a projected CRS, not in {crs or 'none'}.")
    named = {"neighbours": content.neighbours, "hotspots": content.hotspots, "sites": content.sites}
    named |= {"zones": content.zones, "provision": content.provision}
    for name, frame in named.items():
        if frame is not None and len(frame) and frame.crs != crs:
            raise TableError(f"The {name} of a bus page are in {frame.crs or 'no CRS'}, its areas in {crs}.")
    _columns("areas", content.areas, _AREA_COLUMNS)
    _columns("hotspots", content.hotspots, ("rank", "name"))
    _columns("sites", content.sites, _SITE_COLUMNS)
    check(SITES, content.sites.drop(columns=list(_SITE_COLUMNS)))
    check(CURVE, content.curve)
    if content.rota is not None:
        check(ROTA, content.rota)
    if content.provision is not None:
        check(PROVISION, content.provision)
    last, classes = len(content.breaks) + 1, content.areas["need_class"].dropna()
    if len(classes) and (classes.min() < 1 or classes.max() > last):
        raise TableError(f"need_class holds {classes.min()} to {classes.max()}, its breaks make classes 1 to {last}.")
    _check_groups(content)
    _check_names(content)


def _columns(name: str, frame: pd.DataFrame, wanted: tuple[str, ...]) -> None:
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise TableError(f"The {name} of a bus page lack {', '.join(missing)}.")


def _check_groups(content: BusContent) -> None:
    """Refuse a coverage that does not fit together, or that names sites that are not there.

    Raises
    ------
    TableError
        See ``build_bus_page``.
    """
    held, n_sites = content.groups, len(content.sites)
    sound = (
        len(held.weight) == len(held.n_month) == len(held.indptr) - 1
        and len(held.indices) == len(held.data) == int(held.indptr[-1])
        and int(held.indptr[0]) == 0
        and bool((np.diff(held.indptr) >= 0).all())
    )
    if not sound:
        raise TableError("The coverage of a bus page does not fit together: weights, columns, sites or shares.")
    if len(held.indices) and (held.indices.min() < 0 or held.indices.max() >= n_sites):
        raise TableError(f"The coverage of a bus page names a site beyond its {n_sites} sites.")
    finite = np.concatenate([held.weight, held.n_month, held.data, [content.total]])
    if not np.isfinite(finite).all() or (finite < 0).any() or (held.data > 1).any():
        raise TableError("The coverage of a bus page holds a number below 0, a share above 1, or one without end.")


def _check_names(content: BusContent) -> None:
    """Refuse plans and rules that name sites that are not there.

    Raises
    ------
    TableError
        See ``build_bus_page``.
    """
    if not content.plans:
        raise TableError("A bus page needs at least one plan, the best.")
    rules, n_sites = content.rules, len(content.sites)
    given = {plan.title: plan.site_ids for plan in content.plans}
    given |= {"fixed sites": rules.fixed, "barred sites": tuple(rules.barred)}
    for title, keys in given.items():
        unknown = [key for key in keys if key not in content.sites.index]
        if unknown:
            raise TableError(f"{title} of a bus page: {unknown[0]!r} is not among its sites.")
    for label, held in (*rules.one_per_hotspot, *rules.at_least_one):
        if any(not 0 <= at < n_sites for at in held):
            raise TableError(f"The rule of {label} of a bus page names a site beyond its {n_sites} sites.")
