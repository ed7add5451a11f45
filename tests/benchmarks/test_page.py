"""What a page of all London and 100,000 places costs, beside the obvious way, ``folium.CircleMarker`` in a loop.

Nothing here is timed against a limit, since machines differ: the figures are printed (``pytest -s tests/benchmarks``).
What is asserted is that everything arrives.
"""

from __future__ import annotations

import dataclasses
import time

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hotspots.analysis.area_stats import classify
from hotspots.maps import offline
from hotspots.maps.columns import encode_column, encode_places
from hotspots.maps.content import MonthCount
from hotspots.maps.encode import encode_shape, origin_of, safe_json
from hotspots.maps.page import build_page
from hotspots.maps.topology import topology
from tests import page_fixtures as fixtures

pytestmark = [pytest.mark.browser, pytest.mark.real]

PLACES = 100_000
MARKERS = 2_000

PAGE = """<!doctype html><meta charset="utf-8"><style>{css} html, body, #map {{ margin: 0; height: 100%; }}
.locations {{ position: absolute; pointer-events: none; }}</style><div id="map"></div>
<script type="application/json" id="data">{data}</script>
<script>window.opened = performance.now();</script><script>{leaflet}</script><script>{scripts}</script>
<script>
const took = {{}};
function timed(name, work) {{
    const began = performance.now();
    const made = work();
    took[name] = performance.now() - began;
    return made;
}}
const data = JSON.parse(document.getElementById("data").textContent);
const places = timed("places", () => hotspotsDecode.places(data.places, data.origin));
const columns = timed("columns", () => data.columns.map(hotspotsDecode.column));
const areas = timed("topology", () => hotspotsDecode.topology(data.areas, data.origin));
const shapes = timed("latlngs", () => Array.from({{ length: areas.n }}, (_, i) => areas.latlngs(i)));
const map = L.map("map", {{ zoomSnap: 0.25, zoomControl: false }}).setView([51.49, -0.09], 10.25);
const canvas = L.canvas({{ padding: 0.3 }});
timed("polygons", () => shapes.forEach((at) => L.polygon(at, {{ renderer: canvas, weight: 1, interactive: false }}).addTo(map)));
const layer = hotspotsPoints.layer({{ ...places, counts: columns[0] }});
timed("discs", () => layer.addTo(map));
requestAnimationFrame(() => setTimeout(() => (took.first = performance.now() - opened)));
</script>"""

REDRAW = """([zoom]) => {
    map.setView([51.49, -0.09], zoom, { animate: false });
    const each = Array.from({ length: 25 }, () => {
        const began = performance.now();
        layer._update();
        return performance.now() - began;
    }).sort((a, b) => a - b);
    return { seen: layer.seen, least: each[0], median: each[12] };
}"""

PAN = """() => new Promise((resolve) => {
    map.setView([51.49, -0.09], 12, { animate: false });
    const frames = [];
    let last = performance.now();
    let left = 120;
    const step = (now) => {
        frames.push(now - last);
        last = now;
        // A drag moves the map's pane; every twentieth frame it is let go and drawn anew.
        map._rawPanBy(L.point(left % 40 < 20 ? 4 : -4, 2));
        if (left % 20 === 0) map.fire("moveend");
        if ((left -= 1) > 0) requestAnimationFrame(step);
        else resolve([frames.length, frames.reduce((a, b) => a + b) / frames.length, Math.max(...frames)]);
    };
    requestAnimationFrame(step);
})"""


def timed(call):
    started = time.perf_counter()
    made = call()
    return made, time.perf_counter() - started


def say(text):
    print(text)  # noqa: T201


@pytest.fixture
def opened(browser):
    context = browser.new_context(viewport={"width": 1100, "height": 850})
    context.set_offline(True)
    page = context.new_page()
    page.set_default_timeout(120_000)
    yield page
    context.close()


def invented(areas):
    """Return places spread over the areas, in pairs of degrees, and months, categories and hours of the week."""
    random = np.random.default_rng(0)
    inside = areas.representative_point()
    middle = np.column_stack([inside.x, inside.y])[random.integers(0, len(areas), PLACES)]
    points = middle + random.normal(0, 0.002, (PLACES, 2))
    counts = np.floor(random.pareto(1.2, PLACES) + 1).clip(1, 400).astype(np.int64)
    rest = [random.integers(0, 12, PLACES), random.integers(0, 14, PLACES), random.integers(-1, 168, PLACES)]
    return points[np.argsort(points[:, 0])], [counts, *rest]


def test_all_london_and_a_hundred_thousand_places(real, opened, tmp_path):
    frame = gpd.read_file(real / "boundaries/lsoa2011/london-2011-lsoa-gen20.zip").to_crs(4326)
    shapes = frame.geometry.to_numpy()
    origin = origin_of(frame.total_bounds)
    points, columns = invented(frame)
    areas, arcs_s = timed(lambda: topology(shapes, origin))
    coded, columns_s = timed(lambda: [encode_column(column) for column in columns])
    places, places_s = timed(lambda: encode_places(points, origin))
    parts = {"areas": areas, "columns": coded, "places": places}
    plain = len(safe_json([encode_shape(shape, origin) for shape in shapes]))
    say(f"\n{len(frame):,} areas: {len(safe_json(areas)):,} bytes against {plain:,} with every border twice")
    say(f"{PLACES:,} places: {len(safe_json(places)):,} bytes; four columns of them: {len(safe_json(coded)):,} bytes")
    say(f"made in {arcs_s:.2f} s (areas), {places_s:.2f} s (places), {columns_s:.2f} s (columns)")
    data = safe_json({"origin": list(origin), **parts})
    leaflet, css = offline.leaflet()
    scripts = offline.asset("decode.js") + offline.asset("points.js")
    path = tmp_path / "page.html"
    path.write_text(PAGE.format(css=css, data=data, leaflet=leaflet, scripts=scripts), encoding="utf-8")
    opened.goto(path.as_uri())
    opened.wait_for_function("() => took.first")
    took = opened.evaluate("took")
    say("opened: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in took.items()))
    assert opened.evaluate("[areas.n, places.lon.length, layer.seen]") == [len(frame), PLACES, PLACES]
    assert opened.evaluate("columns.map((column) => column.reduce((a, b) => a + b))") == [int(c.sum()) for c in columns]
    for zoom in (10.25, 12, 14):
        drawn = opened.evaluate(REDRAW, [zoom])
        say(
            f"drawn at zoom {zoom}: {drawn['seen']:,} in view, {drawn['median']:.0f} ms (least {drawn['least']:.0f} ms)"
        )
    frames, mean, worst = opened.evaluate(PAN)
    say(f"panned {frames} frames: {mean:.0f} ms each, {worst:.0f} ms at worst, with the areas as Leaflet's own canvas")
    obvious(opened, tmp_path, points, len(safe_json(places)) + len(safe_json(coded[0])), took["discs"] + took["places"])


def whole_page(frame):
    """Return the content of a page of all areas with a hundred thousand incidents of twelve months."""
    random = np.random.default_rng(1)
    areas = frame.to_crs(27700).set_index(frame.columns[0]).sort_index()
    areas.index = pd.Index(areas.index, dtype="str", name="lsoa_code")
    at = random.integers(0, len(areas), PLACES)
    middle = areas.representative_point()
    xy = np.column_stack([middle.x, middle.y])[at] + random.normal(0, 150, (PLACES, 2))
    order = np.lexsort(xy.T[::-1])
    xy, at = xy[order], at[order]
    months = pd.period_range("2021-01", "2021-12", freq="M")
    rows = pd.DataFrame(
        {
            "location_no": np.arange(1, PLACES + 1),
            "lsoa_code": areas.index[at].astype("str"),
            "hotspot_id": pd.Series([None] * PLACES, dtype="str"),
            "month": months[random.integers(0, 12, PLACES)],
            "category": pd.Series(random.choice(fixtures.CATEGORIES, PLACES), dtype="str"),
            "themes": pd.Series([""] * PLACES, dtype="str"),
            "hour_of_week": random.integers(-1, 168, PLACES),
            "n": 1,
        }
    ).set_index(pd.RangeIndex(1, PLACES + 1, name="selection_no"))
    n = pd.Series(np.bincount(at, minlength=len(areas)), index=areas.index)
    like = fixtures.areas().iloc[[0] * len(areas)].set_index(areas.index)
    like = like.assign(
        lsoa_name=[f"Area {code}" for code in areas.index],
        zone="area",
        n=n.astype("Int64"),
        area_km2=areas.area / 1e6,
        rate_per_km2=n / (areas.area / 1e6),
        geometry=areas.geometry,
    ).set_crs(27700, allow_override=True)
    like["map_class"] = classify(like["rate_per_km2"], fixtures.BREAKS)
    places = gpd.GeoDataFrame(
        {"street": pd.Series([None] * PLACES, dtype="str"), "n": 1},
        geometry=gpd.points_from_xy(*xy.T),
        index=pd.RangeIndex(1, PLACES + 1, name="location_no"),
        crs=27700,
    )
    base = fixtures.content()
    months_said = tuple(MonthCount(f"{month:%b %Y}", PLACES // 12, str(month)) for month in months)
    return dataclasses.replace(
        base,
        areas=like,
        outline=areas.union_all(),
        locations=places,
        selections=rows,
        months=months_said,
        measures=base.measures[:1],
        hotspots=fixtures.without(base.hotspots),
        neighbours=fixtures.without(base.neighbours),
    )


FIRST = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
    const [entry] = performance.getEntriesByType("navigation");
    done([performance.now() - entry.responseStart, hotspotsPage.layers.locations.seen]);
})))"""

CHOICES = """() => [3, 7, null].map((month) => {
    const began = performance.now();
    hotspotsPage.show({ month });
    return performance.now() - began;
})"""

DRAG = """() => new Promise((resolve) => {
    const { map } = hotspotsPage;
    const frames = [];
    let [last, left] = [performance.now(), 120];
    const step = (now) => {
        frames.push(now - last);
        last = now;
        map._rawPanBy(L.point(left % 40 < 20 ? 6 : -6, 3));
        if (left % 20 === 0) map.fire("moveend");
        if ((left -= 1) > 0) requestAnimationFrame(step);
        else resolve([frames.reduce((a, b) => a + b) / frames.length, Math.max(...frames)]);
    };
    requestAnimationFrame(step);
})"""


def test_the_page_itself_with_all_london_and_a_hundred_thousand_incidents(real, opened, tmp_path):
    frame = gpd.read_file(real / "boundaries/lsoa2011/london-2011-lsoa-gen20.zip")
    content = whole_page(frame)
    text, seconds = timed(lambda: build_page(content))
    leaflet = sum(map(len, offline.leaflet()))
    say(f"\nthe page: {len(text.encode()) - leaflet:,} bytes beside Leaflet, built in {seconds:.2f} s")
    path = tmp_path / "london.html"
    path.write_text(text, encoding="utf-8")
    opened.goto(path.as_uri())
    ms, seen = opened.evaluate(FIRST)
    say(f"first drawing {ms:,.0f} ms after the file's first byte; {seen:,} places seen")
    assert opened.locator("path.area").count() == len(frame)
    assert seen > PLACES * 0.9
    took = opened.evaluate(CHOICES)
    say("another month, another, all again: " + ", ".join(f"{one:.0f} ms" for one in took))
    mean, worst = opened.evaluate(DRAG)
    say(f"dragged over all London: {mean:.0f} ms a frame, {worst:.0f} ms at worst")
    opened.evaluate("() => hotspotsPage.map.setView([51.49, -0.09], 13, { animate: false })")
    mean, worst = opened.evaluate(DRAG)
    say(f"dragged at zoom 13: {mean:.0f} ms a frame, {worst:.0f} ms at worst")


def obvious(opened, tmp_path, points, our_bytes, our_ms):
    """Say what the loop over ``folium.CircleMarker`` costs for some of the places, and for each one."""

    def build():
        chart = folium.Map(location=[51.49, -0.09], zoom_start=10, tiles=None)
        chart.default_js, chart.default_css = [], []
        for lon, lat in points[:: PLACES // MARKERS]:
            folium.CircleMarker([lat, lon], radius=3, weight=0, fill=True).add_to(chart)
        return chart.get_root().render()

    text, seconds = timed(build)
    leaflet, css = offline.leaflet()
    head = f"<head><style>{css}</style><script>{leaflet}</script><script>window.opened = performance.now();</script>"
    path = tmp_path / "markers.html"
    path.write_text(text.replace("<head>", head, 1), encoding="utf-8")
    opened.goto(path.as_uri())
    ms = opened.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(performance.now() - opened)))")
    assert opened.locator("path.leaflet-interactive").count() == MARKERS
    say(
        f"folium.CircleMarker, each of {MARKERS:,}: {len(text) / MARKERS:,.0f} bytes, made in {1e3 * seconds / MARKERS:.2f} ms,"
        f" drawn in {ms / MARKERS:.3f} ms; ours, each of {PLACES:,}: {our_bytes / PLACES:.1f} bytes,"
        f" drawn in {our_ms / PLACES:.4f} ms: {len(text) / MARKERS / our_bytes * PLACES:,.0f} and"
        f" {ms / MARKERS / our_ms * PLACES:,.0f} times less"
    )
