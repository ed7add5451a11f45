"""Frames become folium layers: each asks the page's script for its part of the page's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import folium
from folium.map import Layer
from folium.template import Template

from hotspots.maps.style import LAYER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from branca.element import Element, Figure

    from hotspots.maps.content import Measure, Tested
    from hotspots.maps.offline import TileServer

OVERLAYS: Final = {
    "hotspots": "Hotspots",
    "events": "Events",
    "locations": "Incident locations",
    "drawn": "Hotspots of the month shown",
    "density": "Density of the window",
    "tensions": "Community tensions",
    "backdrop": "Roads, water and places",
}
"""Overlays in the layer control, in its order."""

ASKED_FOR: Final = frozenset({"density", "tensions"})
"""Overlays that wait until somebody asks for them: the map never speaks with more than three voices at once."""

GROUND: Final = ("neighbours", "veil", "outline", "labels")
"""Always shown, not in the layer control."""

_ZOOM_START: Final = 11


class PageLayer(Layer):
    """A layer whose data stands in the page's JSON, never in the script.

    Parameters
    ----------
    kind
        The builder in ``map.js`` that makes it.
    index
        Which of several layers of a kind, such as the measure of a choropleth.
    name
        The name in the layer control; empty: not in it.
    overlay
        A check box (true) or one of the exclusive base layers.
    show
        Shown on opening.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = hotspotsPage.layer({{ this.kind|tojson }}, {{ this.index|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, kind: str, index: int = 0, *, name: str = "", overlay: bool = True, show: bool = True) -> None:
        super().__init__(name=name or kind, overlay=overlay, control=bool(name), show=show)
        self._name = "PageLayer"
        self._id = f"{kind}_{index}"
        self.kind = kind
        self.index = index


def measure_names(measures: Sequence[Measure | Tested]) -> list[str]:
    """Return the layer control's name of each way to colour the areas: the project's own words, each one once."""
    names: list[str] = []
    for number, measure in enumerate(measures, start=1):
        name = LAYER_NAMES.get(measure.column, f"Areas: measure {number}")
        names.append(name if name not in names else f"{name} ({number})")
    return names


def build_map(
    measures: Sequence[Measure | Tested],
    centre: tuple[float, float],
    tiles: TileServer | None,
    overlays: Iterable[str] = tuple(OVERLAYS),
    names: Mapping[str, str] = OVERLAYS,
) -> folium.Map:
    """Return the folium map with its layers and its layer control.

    Parameters
    ----------
    measures
        One exclusive choropleth each; the first is shown.
    centre
        Latitude and longitude where the map opens until the script fits it to the area.
    tiles
        The tile server, if one was chosen.
    overlays
        Those of ``names`` that there is something to draw for.
    names
        The name of each overlay in the layer control; empty: always shown and not in it.

    Returns
    -------
    folium.Map
        With ids that are the same in every run, and without folium's default links.
    """
    chart = folium.Map(
        location=centre,
        tiles=None,
        zoom_start=_ZOOM_START,
        control_scale=True,
        attribution_control=False,
        # Tiles are sharp at whole zooms only; without tiles the area can fill the frame.
        zoom_snap=1 if tiles else 0.25,
        zoom_delta=1 if tiles else 0.5,
    )
    _name(chart, "hotspots")
    # On the instance: the class lists belong to every other folium map of the process.
    chart.default_js = []
    chart.default_css = []
    if tiles:
        ground = folium.TileLayer(tiles.url, attr=tiles.host, name="Background map", overlay=True, show=True)
        _name(ground, "ground").add_to(chart)
    for index, name in enumerate(measure_names(measures)):
        PageLayer("areas", index, name=name, overlay=False, show=index == 0).add_to(chart)
    for kind in GROUND:
        PageLayer(kind).add_to(chart)
    for kind in overlays:
        PageLayer(kind, name=names[kind], show=kind not in ASKED_FOR).add_to(chart)
    _name(folium.LayerControl(position="topleft", collapsed=True), "hotspots").add_to(chart)
    return chart


def _name(element: Element, name: str) -> Element:
    """Give an element a fixed id: folium's own are random, and a page must be the same in every run."""
    element._id = name  # noqa: SLF001
    return element


def pieces(chart: folium.Map) -> tuple[str, str]:
    """Return the rendered HTML and script of a map, without folium's page around them."""
    figure = cast("Figure", chart.get_root())
    figure.render()
    return figure.html.render().strip(), figure.script.render().strip()
