"""Layers and words become one page: a single HTML file that asks nobody for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup

from hotspots.errors import TableError
from hotspots.maps import offline, panel, words
from hotspots.maps.encode import safe_json
from hotspots.maps.layers import OVERLAYS, build_map, pieces
from hotspots.maps.payload import build_payload
from hotspots.maps.signs import GROUNDS, kind_counts, letter_at, outline, placed, risk_counts
from hotspots.maps.spark import span
from hotspots.maps.style import paper, stylesheet
from hotspots.maps.tensions import has_grounds, tension_rows
from hotspots.tables import AREA_STATS, EVENTS, HOTSPOTS, SELECTIONS, check
from hotspots.tables.tensions import PARTNERS

if TYPE_CHECKING:
    from hotspots.maps.content import Measure, PageContent, Tested

_EARLY = 'document.documentElement.classList.add("js");'
_BEFORE = ("decode.js", "points.js", "ground.js", "map.js", "marks.js", "backdrop.js")
"""Scripts that folium's own needs."""
_AFTER = ("tables.js", "timeline.js", "cards.js", "view.js", "page.js")
"""Scripts that need the map."""
_STYLES = ("page.css", "timeline.css", "backdrop.css")
_TENSIONS = ("tensions.js",), ("tensions.css",)
"""Scripts and styles that only a page with the tensions of wards has."""


def build_page(content: PageContent) -> str:
    """Write one offline page.

    Parameters
    ----------
    content
        Labelled frames in one projected CRS and finished sentences; nothing of it is changed. Every text
        is taken as plain text, whatever signs it holds.

    Returns
    -------
    str
        A whole HTML document: Leaflet, data, styles and scripts are inside, and its Content-Security-Policy
        lets nothing else in (with ``content.tiles``, pictures of that one host). The tables, sentences and
        sources stand in it as text and can be read without scripts. The same content gives the same bytes.

    Raises
    ------
    TableError
        There is no measure, a frame breaks its contract, a class lies outside its measure's classes, or the
        frames are not in one projected CRS.
    SettingsError
        ``content.tiles`` is not a tile URL template.
    OutputError
        Leaflet's files, which the package XStatic-Leaflet carries, are not there.
    """
    _check(content)
    tiles = offline.tile_server(content.tiles) if content.tiles else None
    west, south, east, north = content.areas.to_crs(4326).total_bounds
    colourings: list[Measure | Tested] = [*content.measures, *content.tested]
    chart = build_map(
        colourings, (round((south + north) / 2, 5), round((west + east) / 2, 5)), tiles, _overlays(content)
    )
    map_html, map_script = pieces(chart)
    leaflet_script, leaflet_css = offline.leaflet()
    more_scripts, more_styles = _TENSIONS if has_grounds(content) else ((), ())
    begin = "".join(map(offline.asset, (*_BEFORE, *more_scripts)))
    finish = f"{map_script}\nhotspotsPage.start({chart.get_name()});\n{''.join(map(offline.asset, _AFTER))}"
    scripts = [offline.inline_script(text) for text in (_EARLY, leaflet_script, begin, finish)]
    classes = tuple(len(measure.breaks) + 1 for measure in content.measures)
    sheets = map(offline.asset, (*_STYLES, *more_styles))
    styles = [
        leaflet_css,
        "\n".join([stylesheet(classes, len(content.tested)), *sheets, paper(_marking(content))]),
    ]
    text: str = _template().render(
        policy=offline.policy(scripts, styles, tiles),
        tiles=tiles,
        scripts=[Markup(text) for text in scripts],  # noqa: S704 - our own scripts, checked above
        styles=[Markup(text) for text in styles],  # noqa: S704 - our own style sheets
        data=Markup(safe_json(build_payload(content))),  # noqa: S704 - JSON without < > &
        map_html=Markup(map_html),  # noqa: S704 - folium's empty map element
        **_static(content),
    )
    return text


def _marking(content: PageContent) -> str:
    """Return what stands on every sheet of paper: the marking, and with a tension log for whom the page is."""
    return " · ".join(filter(None, [content.words.marking, PARTNERS if content.tensions is not None else ""]))


def _overlays(content: PageContent) -> list[str]:
    """Return the overlays that there is something to draw for; those of every month stay, whatever it holds."""
    optional = {
        "drawn": content.drawn is not None and not content.drawn.empty,
        "density": content.bands is not None and not content.bands.empty,
        "tensions": has_grounds(content),
        "backdrop": content.backdrop is not None,
    }
    return [kind for kind in OVERLAYS if optional.get(kind, True)]


def _template() -> Any:  # noqa: ANN401 - jinja2's Template
    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(offline.asset("page.html.j2"))


def _static(content: PageContent) -> dict[str, Any]:
    """Return what the template writes as text; the template escapes all of it."""
    return {
        "words": content.words,
        "hotspots": panel.hotspot_rows(content),
        "past": panel.past_rows(content),
        "beside": panel.beside_rows(content),
        "statuses": panel.status_signs(content),
        "areas": panel.area_rows(content),
        "shown_areas": panel.shown_areas(content),
        "events": panel.event_rows(content),
        "event_risks": risk_counts(placed(content.events)),
        "event_kinds": kind_counts(placed(content.events)),
        "grounds": bool(placed(content.events).geometry.geom_type.isin(GROUNDS).any()),
        "outline": outline,
        "letter_at": letter_at,
        "has_tensions": content.tensions is not None,
        "partners": PARTNERS,
        "has_wards": has_grounds(content),
        "tensions": tension_rows(content),
        "legends": panel.legends(content),
        "rate_headings": panel.rate_headings(content),
        "filters": panel.filters(content),
        "week": panel.week_rows(content),
        "spark_span": span(content),
        "bands": panel.band_rows(content),
        "bars": panel.bars(content.months),
        "months": content.months,
        "held": words.months_held(content.months),
        "has_gap": panel.has_gap(content.months),
        "has_ring": bool((content.areas["zone"] != "area").any()),
        "has_drawn": content.drawn is not None and not content.drawn.empty,
        "has_locations": not content.locations.empty,
    }


def _check(content: PageContent) -> None:
    """Refuse what cannot be drawn.

    Raises
    ------
    TableError
        See ``build_page``.
    """
    crs = content.areas.crs
    if crs is None or not crs.is_projected:
        raise TableError(f"The areas of a page must be in a projected CRS, not in {crs or 'none'}.")
    named = {"neighbours": content.neighbours, "hotspots": content.hotspots, "locations": content.locations}
    named |= {"events": content.events, "past": content.past, "beside": content.beside, "drawn": content.drawn}
    named["tensions"] = content.tensions
    for name, frame in named.items():
        if frame is not None and len(frame) and frame.crs != crs:
            raise TableError(f"The {name} of a page are in {frame.crs or 'no CRS'}, its areas in {crs}.")
    check(AREA_STATS, content.areas)
    check(HOTSPOTS, content.hotspots)
    check(EVENTS, content.events)
    check(SELECTIONS, content.selections)
    if not content.measures:
        raise TableError("A page needs at least one measure to colour its areas.")
    for measure in content.measures:
        last = len(measure.breaks) + 1
        beyond = content.areas[measure.class_column].dropna()
        beyond = beyond[beyond > last]
        if len(beyond):
            raise TableError(f"{measure.class_column} holds class {beyond.max()}, its measure has {last}.")
