"""Discs on one canvas, in the real Chromium: as many, as large and where the map says, whatever the map does."""

from __future__ import annotations

import numpy as np
import pytest

from hotspots.maps import offline

pytestmark = pytest.mark.browser

BLANK = """<!doctype html><style>html, body, #map { margin: 0; height: 100%; } .locations { position: absolute; }</style>
<div id="map"></div>"""

START = """([lat, lon, counts, view]) => {
    window.map = L.map("map", { zoomControl: false, attributionControl: false, zoomSnap: 0.25, fadeAnimation: false, inertia: false });
    map.setView(view.slice(0, 2), view[2]);
    window.data = { lat, lon, counts };
    window.layer = hotspotsPoints.layer({ lat: Float64Array.from(lat), lon: Float64Array.from(lon), counts: Uint32Array.from(counts) });
    layer.addTo(map);
}"""

TOOLS = """() => {
    window.radius = (n) => Math.min(14, Math.max(0.9, 1.5 * Math.sqrt(n) * 1.26 ** (map.getZoom() - 12)));
    // How opaque the pixel of the screen is, 0 to 255.
    window.alpha = (x, y) => {
        const canvas = document.querySelector("canvas");
        const box = canvas.getBoundingClientRect();
        const ratio = canvas.width / box.width;
        return canvas.getContext("2d", { willReadFrequently: true }).getImageData(Math.round((x - box.left) * ratio), Math.round((y - box.top) * ratio), 1, 1).data;
    };
    // Unlike Leaflet's own, not rounded to whole pixels.
    window.at = (i) => map.layerPointToContainerPoint(map.project([data.lat[i], data.lon[i]]).subtract(map.getPixelOrigin()));
    window.shown = () => data.lat.map((_, i) => i).filter((i) => data.counts[i] && map.getBounds().contains([data.lat[i], data.lon[i]]));
    // The same discs as the browser's own circles; returns the largest difference of opacity and the mean one where there is ink.
    window.compare = () => {
        const canvas = document.querySelector("canvas");
        const box = canvas.getBoundingClientRect();
        const other = document.createElement("canvas");
        [other.width, other.height] = [canvas.width, canvas.height];
        const ratio = canvas.width / box.width;
        const pen = other.getContext("2d", { willReadFrequently: true });
        pen.fillStyle = `rgba(40, 48, 56, ${Math.min(0.38, Math.max(0.13, 17 / Math.sqrt(shown().length)))})`;
        data.counts.forEach((n, i) => {
            if (!n) return;
            pen.beginPath();
            pen.arc(Math.round((at(i).x - box.left) * ratio) + 0.5, Math.round((at(i).y - box.top) * ratio) + 0.5, radius(n) * ratio, 0, 7);
            pen.fill();
        });
        const [a, b] = [canvas.getContext("2d"), pen].map((one) => one.getImageData(0, 0, canvas.width, canvas.height).data);
        let [sum, ours, theirs] = [0, 0, 0];
        for (let i = 3; i < a.length; i += 4) {
            sum += Math.abs(a[i] - b[i]);
            ours += a[i];
            theirs += b[i];
        }
        return { off: sum / theirs, ratio: ours / theirs };
    };
}"""


@pytest.fixture
def started(browser):
    """Return a function that opens a map with discs."""
    contexts = []

    def start(lat, lon, counts, view=(51.5, 0.0, 12), **options):
        context = browser.new_context(**({"viewport": {"width": 600, "height": 400}} | options))
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.set_content(BLANK)
        leaflet, css = offline.leaflet()
        page.add_style_tag(content=css)
        page.add_script_tag(content=leaflet)
        page.add_script_tag(content=offline.inline_script(offline.asset("points.js")))
        page.evaluate(START, [list(lat), list(lon), [int(n) for n in counts], list(view)])
        page.evaluate(TOOLS)
        page.faults = faults
        return page

    yield start
    for context in contexts:
        for page in context.pages:
            assert page.faults == []
        context.close()


def scattered(number, seed=1):
    random = np.random.default_rng(seed)
    lat, lon = random.uniform(51.4, 51.6, number), random.uniform(-0.2, 0.2, number)
    return lat, lon, np.floor(random.pareto(1, number)).clip(0, 60)


def test_a_disc_is_where_its_place_is_and_as_opaque_as_told(started):
    page = started([51.5, 51.505, 51.505, 51.51], [0.0, 0.03, 0.03, 0.06], [9, 25, 25, 0])
    assert page.evaluate("layer.seen") == 3
    once = 0.38
    for place, opaque in ((0, once), (1, 1 - (1 - once) ** 2)):
        red, green, blue, alpha = page.evaluate(
            f"() => {{ const p = at({place}); return Object.values(alpha(p.x, p.y)); }}"
        )
        assert alpha == pytest.approx(255 * opaque, abs=1.5)
        assert (red, green, blue) == pytest.approx((40, 48, 56), abs=2)
    # 25 incidents: a radius of 7.5 pixels at zoom 12.
    assert page.evaluate("[-6, 6].map((d) => alpha(at(1).x + d, at(1).y)[3] > 100)") == [True, True]
    assert page.evaluate("[-10, 10].map((d) => alpha(at(1).x, at(1).y + d)[3])") == [0, 0]
    assert page.evaluate("alpha(at(3).x, at(3).y)[3]") == 0


@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("zoom", [11, 12.75, 15])
def test_the_picture_is_that_of_the_browsers_own_circles(started, ratio, zoom):
    page = started(*scattered(3000), view=(51.5, 0.0, zoom), device_scale_factor=ratio)
    assert page.evaluate("document.querySelector('canvas').width") == 960 * ratio
    found = page.evaluate("compare()")
    assert found["off"] < 0.15
    assert found["ratio"] == pytest.approx(1, abs=0.04)
    assert page.evaluate("layer.seen") == page.evaluate("shown().length")


def test_moving_and_zooming_keep_the_discs_on_their_places(started):
    page = started(*scattered(500))
    start = page.evaluate("map.getZoom()")
    moves = {
        "panBy([137, -61], { animate: false })": start,
        "setZoom(13.5, { animate: false })": 13.5,
        "setZoom(11)": 11,
    }
    for move, zoom in moves.items():
        page.evaluate(f"() => {{ map.{move}; }}")
        # A zoom that is animated begins at the next frame only: its end is told by the zoom itself.
        page.wait_for_function("(zoom) => map.getZoom() === zoom && !map._animatingZoom", arg=zoom)
        page.wait_for_function("() => layer.seen === shown().length")
        assert page.evaluate("compare()")["off"] < 0.15


def test_while_the_map_is_dragged_the_picture_goes_with_it_and_more_than_the_view_is_there(started):
    page = started([51.5, 51.5], [0.0, 0.13], [49, 49])
    assert page.evaluate("layer.seen") == 1
    page.evaluate("() => { window.drawn = 0; layer.on('drawn', () => (drawn += 1)); }")
    page.mouse.move(300, 100)
    page.mouse.down()
    page.mouse.move(150, 100, steps=5)
    assert page.evaluate("drawn") == 0
    x = page.evaluate("at(1).x")
    assert 450 < x < 600
    assert page.evaluate("[0, 1].map((i) => alpha(at(i).x, at(i).y)[3] > 90)") == [True, True]
    page.mouse.up()
    page.wait_for_function("() => drawn > 0")
    assert page.evaluate("layer.seen") == page.evaluate("shown().length") == 2


def test_other_counts_of_the_same_places_are_drawn_at_the_next_frame(started):
    lat, lon, counts = scattered(300)
    page = started(lat, lon, counts)
    page.evaluate("() => { window.before = layer._grid; window.drawn = 0; layer.on('drawn', () => (drawn += 1)); }")
    other = [int(n) for n in np.roll(counts, 7)]
    page.evaluate("(n) => { data.counts = n; layer.setCounts(n.map(() => 1)).setCounts(Uint32Array.from(n)); }", other)
    page.wait_for_function("() => drawn > 0")
    assert page.evaluate("[drawn, layer._grid === before]") == [1, True]
    assert page.evaluate("compare()")["off"] < 0.15
    page.evaluate("() => { data.counts = data.counts.map(() => 0); layer.setCounts(data.counts); }")
    page.wait_for_function("() => drawn > 1")
    assert page.evaluate("layer.seen") == 0
    assert not page.evaluate(
        "() => { const c = document.querySelector('canvas'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v); }"
    )


NEAREST = """(reach) => {
    const out = [];
    for (let x = 5; x < 600; x += 37) for (let y = 5; y < 400; y += 29) {
        const p = map.containerPointToLatLng([x, y]);
        const cursor = map.project(p, map.getZoom());
        let [best, found] = [reach, -1];
        data.counts.forEach((n, i) => {
            const over = map.project([data.lat[i], data.lon[i]], map.getZoom()).distanceTo(cursor) - radius(n);
            if (n && over < best) [best, found] = [over, i];
        });
        out.push([layer.hit(p, reach), found]);
    }
    return out;
}"""


@pytest.mark.parametrize(("zoom", "reach"), [(10, 3), (12, 3), (12, 40), (15, 3)])
def test_the_nearest_disc_is_found(started, zoom, reach):
    page = started(*scattered(1500), view=(51.5, 0.0, zoom))
    found = page.evaluate(NEAREST, reach)
    assert all(ours == theirs for ours, theirs in found)
    assert {ours < 0 for ours, _ in found} == {True, False}
    if reach == 3:
        assert page.evaluate("layer.hit(map.containerPointToLatLng([5, 5]))") == found[0][0]


def test_few_discs_are_printed_as_paths_and_many_as_a_picture(started):
    lat, lon, counts = scattered(900)
    page = started(lat, lon, counts + 1)
    page.evaluate("layer.print(true)")
    assert page.evaluate("document.querySelector('canvas').hidden")
    seen = page.evaluate("layer.seen")
    assert page.locator("svg.locations path").count() > 3
    drawn = page.evaluate("[...document.querySelectorAll('svg.locations path')].map((p) => p.getAttribute('d')).join('').split('M').length - 1")  # fmt: skip
    assert seen <= drawn <= 2 * seen
    x, y, r = page.evaluate("[at(0).x, at(0).y, Math.round(radius(data.counts[0]) * 4) / 4]")
    inside = page.evaluate(
        "([x, y]) => document.querySelector('svg.locations').getBoundingClientRect().width === 600 && [...document.querySelectorAll('svg.locations path')].some((p) => p.isPointInFill(new DOMPoint(x, y)))",
        [x, y],
    )
    assert inside or not (0 <= x <= 600 and 0 <= y <= 400)
    assert r >= 1
    page.evaluate("layer.print(false)")
    assert page.locator("svg.locations").count() == 0
    assert not page.evaluate("document.querySelector('canvas').hidden")

    many = started(*scattered(9000)[:2], np.ones(9000), view=(51.5, 0.0, 11))
    assert many.evaluate("layer.seen") > 4000
    many.evaluate("layer.print(true)")
    picture = many.locator("img.locations")
    assert picture.evaluate("(img) => img.decode().then(() => [img.naturalWidth, img.naturalHeight])") == [1200, 800]
    assert picture.bounding_box() == {"x": 0, "y": 0, "width": 600, "height": 400}


def test_nothing_and_a_map_without_size_do_no_harm(started):
    page = started([], [], [])
    assert page.evaluate("[layer.seen, layer.hit([51.5, 0])]") == [0, -1]
    page = started([51.5], [0.0], [3])
    page.evaluate("() => { document.getElementById('map').style.display = 'none'; map.invalidateSize(); }")
    page.evaluate("() => { document.getElementById('map').style.display = ''; map.invalidateSize(); }")
    page.evaluate("() => { map.setView([51.5, 0], 12, { animate: false }); }")
    assert page.evaluate("alpha(at(0).x, at(0).y)[3]") > 90


def test_what_is_taken_off_the_map_leaves_nothing_and_can_come_back(started):
    page = started([51.5], [0.0], [30])
    page.evaluate("() => { layer.setCounts([31]); layer.remove(); }")
    assert page.locator(".locations").count() == 0
    assert page.evaluate("layer.hit([51.5, 0])") == -1
    page.evaluate("() => { map.setView([51.5, 0.01], 13, { animate: false }); layer.addTo(map); }")
    assert page.evaluate("alpha(at(0).x, at(0).y)[3]") > 90
    assert page.evaluate("layer.hit([51.5, 0])") == 0
