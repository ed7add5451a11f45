"""The page in the real Chromium, offline: what is drawn is what the frames say."""

from __future__ import annotations

import base64
import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from hotspots.maps.page import build_page
from hotspots.maps.style import EVENT, INK, class_colours
from tests import page_fixtures as fixtures

pytestmark = pytest.mark.browser


def fills(page):
    """Return computed fill, class names and place of every area path."""
    return page.evaluate(
        """() => {
            const layer = hotspotsPage.layers.areas.find((one) => hotspotsPage.map.hasLayer(one));
            return layer.paths.map((path) => [path.area, getComputedStyle(path.getElement()).fill, path.getElement().getAttribute("d")]);
        }"""
    )


def rgb(colour):
    return f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:7], 16)})"


def check_fills(page, classes, count):
    colours = [rgb(colour) for colour in class_colours(count)]
    drawn = fills(page)
    assert [at for at, _, _ in drawn] == list(range(len(classes)))
    for (_, fill, outline), number in zip(drawn, classes, strict=True):
        assert len(outline) > 10
        if number is None:
            assert "no-data" in fill
        else:
            assert fill == colours[number - 1]
    for number, colour in enumerate(colours, start=1):
        assert sum(fill == colour for _, fill, _ in drawn) == classes.count(number)
    assert page.locator("path.area").count() == len(classes)


def known(column):
    return [None if value is None else int(value) for value in column.astype(object).where(column.notna(), None)]


def test_areas_are_coloured_by_their_class(opened):
    areas = fixtures.areas()
    with opened(fixtures.content()) as (page, _):
        check_fills(page, known(areas["map_class"]), len(fixtures.BREAKS) + 1)


def test_the_other_measure_changes_colours_and_legend(opened):
    areas = fixtures.areas()
    with opened(fixtures.content()) as (page, _):
        page.locator(".leaflet-control-layers").hover()
        page.get_by_label("Areas: incidents per 1,000 residents").check()
        check_fills(page, known(areas["map_class_per_1000"]), len(fixtures.BREAKS_PER_1000) + 1)
        assert (
            page.locator(".legend .measure:visible .legend-title").inner_text() == fixtures.content().measures[1].title
        )


def test_shapes_are_where_the_frame_says(opened):
    frame = fixtures.areas().to_crs(4326)
    with opened(fixtures.content()) as (page, _):
        boxes = page.evaluate(
            "() => hotspotsPage.layers.areas[0].paths.map((p) => p.getBounds()).map((b) => [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()])"
        )
        outline = page.evaluate("() => hotspotsPage.layers.outline.getBounds().toBBoxString()")
    assert np.allclose(boxes, frame.bounds.to_numpy(), atol=1e-5)
    own = frame[frame["zone"] == "area"].total_bounds
    assert np.allclose([float(part) for part in outline.split(",")], own, atol=1e-5)


def centre_in_hotspot(page, rank):
    return page.evaluate(
        """(rank) => {
            const at = hotspotsPage.data.hotspots.findIndex((h) => h.rank === rank);
            const path = hotspotsPage.layers.hotspots.paths[at];
            return path.getBounds().contains(hotspotsPage.map.getCenter()) && hotspotsPage.map.getZoom() <= 16
                && hotspotsPage.map.getZoom() >= 14 && path.getElement().classList.contains("chosen");
        }""",
        rank,
    )


@pytest.mark.parametrize("way", ["click", "Enter", "Space"])
def test_choosing_a_row_moves_the_map_to_it(opened, way):
    with opened(fixtures.content()) as (page, _):
        for rank in (2, 3, 1):
            page.get_by_role("button", name="Whole area").click()
            row = page.locator("#table-hotspots tbody tr").nth(rank - 1)
            if way == "click":
                row.click()
            else:
                row.locator("button").focus()
                page.keyboard.press(way)
            page.wait_for_function("() => !hotspotsPage.map._animatingZoom")
            assert centre_in_hotspot(page, rank)
            assert row.get_attribute("aria-current") == "true"
            assert page.locator('tr[aria-current="true"]').count() == 1
            assert page.locator("#card-hotspots h3").inner_text().startswith(f"{rank} · ")


def test_choosing_on_the_map_chooses_the_row(opened):
    with opened(fixtures.content()) as (page, _):
        page.get_by_role("tab", name="Method").click()
        page.locator(".mark.of-hotspots").nth(2).click()
        assert page.locator("#table-hotspots tr[aria-current]").get_attribute("data-i") == "2"
        assert page.get_by_role("tab", name="Hotspots").get_attribute("aria-selected") == "true"
        assert "crosses the line: 11 of 21 incidents inside" in page.locator("#card-hotspots").inner_text()
        page.locator(".mark.of-events").focus()
        page.keyboard.press("Enter")
        assert "Dispersal to the station" in page.locator("#card-events").inner_text()
        page.evaluate("() => hotspotsPage.layers.areas[0].paths[8].fire('click', {}, true)")
        assert page.locator("#card-areas h3").inner_text() == "Gridham 008A"
        assert page.locator("#table-areas tr[aria-current]").get_attribute("data-i") == "8"


def test_events_and_areas_rows_move_the_map_and_an_event_without_a_place_does_not(opened):
    with opened(fixtures.content()) as (page, _):
        page.get_by_role("tab", name="Areas").click()
        row = page.locator("#table-areas tbody tr").first
        row.click()
        at = int(row.get_attribute("data-i"))
        assert page.evaluate(
            "(i) => hotspotsPage.layers.areas[0].paths[i].getBounds().contains(hotspotsPage.map.getCenter())", at
        )
        page.get_by_role("tab", name="Events").click()
        page.locator("#table-events tbody tr").first.click()
        before = page.evaluate("() => hotspotsPage.map.getCenter().toString()")
        page.locator("#table-events tbody tr").last.click()
        assert page.evaluate("() => hotspotsPage.map.getCenter().toString()") == before
        assert "not on the map" in page.locator("#card-events").inner_text()


@pytest.mark.parametrize("zoom", [None, 13, 14.5, 16])
def test_discs_do_not_collide_nor_cover_a_hotspot(opened, zoom):
    with opened(fixtures.content()) as (page, _):
        if zoom:
            page.evaluate("(zoom) => hotspotsPage.map.setView([51.4585, 0.1755], zoom, { animate: false })", zoom)
        marks = page.evaluate(
            """() => [...document.querySelectorAll(".mark")].map((m) => m.getBoundingClientRect())
                .map((b) => [b.left + b.width / 2, b.top + b.height / 2])"""
        )
        polygons = page.evaluate(
            """() => hotspotsPage.layers.hotspots.paths.map((p) => { const b = p.getElement().getBBox(), m = p.getElement().getScreenCTM();
                return [b.x + m.e, b.y + m.f, b.x + m.e + b.width, b.y + m.f + b.height]; })"""
        )
    assert len(marks) == 4
    for i, one in enumerate(marks):
        for other in marks[:i]:
            assert np.hypot(one[0] - other[0], one[1] - other[1]) >= 28
    discs = marks[:3] if len(marks) == 4 else marks
    for left, top, right, bottom in polygons:
        middle = ((left + right) / 2, (top + bottom) / 2)
        for disc in discs:
            assert np.hypot(disc[0] - middle[0], disc[1] - middle[1]) > min(right - left, bottom - top) / 2 + 4


def test_locations_are_one_canvas(opened):
    with opened(fixtures.content()) as (page, _):
        assert page.locator("canvas").count() == 1
        dark = page.evaluate(
            """() => { const c = document.querySelector("canvas"); const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
                let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }"""
        )
        assert dark > 500
        assert page.locator(".mark").count() == 4


def test_layers_can_be_switched_off(opened):
    with opened(fixtures.content()) as (page, _):
        page.locator(".leaflet-control-layers").hover()
        for name, selector, sign in (
            ("Hotspots", ".mark.of-hotspots, path.hotspot, path.beside", "hotspots"),
            ("Events", ".mark.of-events, path.of-events", "events"),
            ("Incident locations", "canvas.locations", "locations"),
        ):
            box = page.get_by_role("checkbox", name=name, exact=True)
            assert page.locator(f".folium-map :is({selector})").count() > 0
            assert page.locator(f".signs .of-{sign}").first.is_visible()
            box.uncheck()
            assert page.locator(f".folium-map :is({selector})").count() == 0
            assert not page.locator(f".signs .of-{sign}").first.is_visible()
            box.check()
            assert page.locator(f".folium-map :is({selector})").count() > 0
        assert page.locator(".folium-map path.density").count() == 0
        page.get_by_role("checkbox", name="Density of the window").check()
        assert page.locator(".folium-map path.density").count() == 2
        assert "the densest 10\u202f% of the area: 120 incidents" in page.locator(".signs .of-density").inner_text()


def test_sorting_says_its_direction(opened):
    with opened(fixtures.content()) as (page, _):
        head = page.locator("#table-hotspots thead th").nth(3)
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == "descending"
        assert page.locator("#table-hotspots tbody td:nth-child(4)").all_inner_texts() == ["14", "3", "1"]
        head.get_by_role("button").click()
        assert page.locator("#table-hotspots tbody td:nth-child(4)").all_inner_texts() == ["1", "3", "14"]


def test_a_cut_table_of_areas_is_whole_when_opened_and_can_be_searched(opened, monkeypatch):
    monkeypatch.setattr("hotspots.maps.panel.STATIC_AREAS", 10)
    with opened(fixtures.content()) as (page, _):
        assert page.locator("#table-areas tbody tr").count() == 10
        page.get_by_role("tab", name="Areas").click()
        whole = page.locator("#table-areas tbody tr")
        assert whole.count() == 30
        made = whole.all_inner_texts()
        page.get_by_label("Find an area").fill("zzz")
        assert page.locator(".find .said").inner_text() == "0 LSOAs found"
        page.get_by_label("Find an area").fill("008a")
        assert page.locator("#table-areas tbody tr:visible").count() == 1
    monkeypatch.undo()
    with opened(fixtures.content()) as (page, _):
        page.get_by_role("tab", name="Areas").click()
        # Rows made by the script read as the rows written into the page.
        assert page.locator("#table-areas tbody tr").all_inner_texts() == made


def test_hostile_text_is_shown_as_text(opened):
    with opened(fixtures.content(bad=fixtures.BAD)) as (page, _):
        bad = fixtures.BAD.split()[0]
        assert bad in page.locator("h1").inner_text()
        for tab, table in (("Hotspots", "hotspots"), ("Areas", "areas"), ("Events", "events")):
            page.get_by_role("tab", name=tab).click()
            page.locator(f"#table-{table} tbody tr").first.click()
            assert bad in page.locator(f"#card-{table}").inner_text()
        assert page.locator(".place").first.text_content().startswith("Nextham</script>")
        page.get_by_role("button", name="Whole area").click()
        for _ in range(10):  # while the map still glides to the whole area, the pointer may miss
            page.mouse.move(2, 2)
            page.locator("path.area").nth(12).hover(force=True)
            page.wait_for_timeout(200)
            if page.locator(".tip").is_visible():
                break
        assert bad in page.locator(".tip").inner_text()
        assert page.locator("img, .tip svg, body > :not(svg) svg[onload]").count() == 0
        assert page.locator("script").count() == 5


def test_it_is_not_a_blank_picture(opened):
    with opened(fixtures.content()) as (page, _):
        picture = base64.b64encode(page.locator(".frame").screenshot()).decode()
        seen = page.evaluate(
            """async (picture) => {
                const image = new Image();
                image.src = `data:image/png;base64,${picture}`;
                await image.decode();
                const canvas = document.createElement("canvas");
                [canvas.width, canvas.height] = [image.width, image.height];
                const pen = canvas.getContext("2d");
                pen.drawImage(image, 0, 0);
                const { data } = pen.getImageData(0, 0, image.width, image.height);
                const colours = new Set();
                for (let i = 0; i < data.length; i += 4) colours.add("#" + [0, 1, 2].map((at) => data[i + at].toString(16).padStart(2, "0")).join(""));
                return [...colours];
            }""",
            picture,
        )
    assert len(seen) > 200
    assert {INK, EVENT, *class_colours(5)} <= set(seen)


def test_without_scripts_the_tables_and_sentences_are_there(opened):
    words = fixtures.words()
    with opened(fixtures.content(), java_script_enabled=False) as (page, _):
        for text in (words.title, words.marking, words.headline[0], words.method[0][1]):
            assert page.get_by_text(text, exact=False).first.is_visible()
        assert page.locator("noscript p").is_visible()
        assert page.locator("#table-hotspots tbody tr").count() == 3
        for table in ("hotspots", "areas", "events"):
            assert page.locator(f"#table-{table}").is_visible()
        assert not page.locator(".folium-map").is_visible()


@pytest.mark.parametrize(
    "empty", [("hotspots",), ("events",), ("locations",), ("hotspots", "events", "locations", "neighbours")]
)
def test_empty_pages_work(opened, empty):
    content = fixtures.content()
    with opened(dataclasses.replace(content, **{name: fixtures.without(getattr(content, name)) for name in empty})) as (
        page,
        _,
    ):
        assert page.locator("path.area").count() == 30
        for tab in ("Areas", "Events", "Method", "Hotspots"):
            page.get_by_role("tab", name=tab).click()
        page.locator("path.area").nth(12).hover(force=True)
        page.wait_for_selector(".tip")


def test_tabs_follow_the_arrow_keys(opened):
    with opened(fixtures.content()) as (page, _):
        page.get_by_role("tab", name="Hotspots").focus()
        for key, name in (("ArrowRight", "Areas"), ("End", "Method"), ("ArrowRight", "Hotspots")):
            page.keyboard.press(key)
            assert page.get_by_role("tab", name=name).evaluate("(tab) => tab === document.activeElement")
            assert page.locator('[role="tabpanel"]:visible').count() == 1


@pytest.mark.parametrize("width", [320, 390, 800, 1440])
def test_no_width_scrolls_sideways_and_targets_are_large(opened, width):
    with opened(fixtures.content(), viewport={"width": width, "height": 844}) as (page, _):
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, summary, input, .leaflet-bar a")]
                .filter((node) => node.checkVisibility()).map((node) => [node.className, node.getBoundingClientRect()])
                .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 23.9)).map(([name, box]) => [name, box.width, box.height])"""
        )
        assert small == []


def test_the_dark_scheme_keeps_the_order_of_lightness(opened):
    with opened(fixtures.content(), color_scheme="dark") as (page, _):
        drawn = {fill for _, fill, _ in fills(page)}
        assert drawn >= {rgb(colour) for colour in class_colours(5, dark=True)}


def test_paper_shows_map_and_table_and_no_controls(opened):
    with opened(fixtures.content()) as (page, _):
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        for selector in (
            "#table-hotspots",
            "#table-events",
            ".legend",
            ".leaflet-control-scale",
            ".sources",
            ".marking",
            "svg.locations",
        ):
            assert page.locator(selector).is_visible(), selector
        for selector in (".tools", ".tabs", ".leaflet-control-zoom", ".leaflet-control-layers", "#table-areas"):
            assert not page.locator(selector).is_visible(), selector
        assert not page.locator("canvas.locations").is_visible()
        chart, table = (page.locator(name).bounding_box() for name in (".folium-map", "#table-hotspots"))
        assert chart["x"] + chart["width"] <= table["x"]
        page.emulate_media(media="screen")
        page.evaluate("() => dispatchEvent(new Event('afterprint'))")
        assert page.locator("svg.locations").count() == 0
        assert page.locator("canvas.locations").is_visible()


def test_tiles_are_asked_of_that_host_only(browser, tmp_path):
    path = tmp_path / "tiles.html"
    path.write_bytes(build_page(fixtures.content(tiles="https://tile.example.org/{z}/{x}/{y}.png")).encode())
    context = browser.new_context()
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.abort()

    context.route(re.compile("^https?:"), refuse)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    context.close()
    assert asked
    assert all(url.startswith("https://tile.example.org/") for url in asked)


BACKDROP: dict[str, Any] = {
    "origin": [14_500, 5_142_500],
    "levels": [
        {
            "below_zoom": None,
            "roads": {"2": [[500, 3000, 4000, 2500]], "5": [[900, 3600, 300, 400, 100, 900]]},
            "water": [[[[100, 3000, 900, 0, 0, 900, -900, 0]]]],
            "streams": [[1200, 3200, 900, 1800]],
        }
    ],
    "places": {
        "name": ["Gridham <img src=x onerror=alert(1)>", "Gridham Heath"],
        "at": [2000, 4000, 500, 500],
        "rank": [1, 3],
        "min_zoom": [0, 0],
    },
}


def test_a_backdrop_lies_under_the_findings_and_its_names_are_text(opened):
    with opened(fixtures.content(backdrop=BACKDROP)) as (page, _):
        page.wait_for_timeout(300)
        names = page.locator(".town")
        assert names.count() == 2
        assert BACKDROP["places"]["name"][0] in names.all_text_contents()
        drawn = """() => { const c = document.querySelector("canvas.backdrop"); const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
            let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }"""
        assert page.evaluate(drawn) > 1000
        order = "(name) => Number(hotspotsPage.map.getPane(name).style.zIndex)"
        heights = [page.evaluate(order, name) for name in ("areas", "backdrop", "locations", "hotspots", "marks")]
        assert heights == sorted(heights)
        shown = page.evaluate(
            """() => { const box = (node) => { const b = node.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; };
                const names = [...document.querySelectorAll(".town")].filter((node) => node.style.visibility !== "hidden").map(box);
                const others = [...document.querySelectorAll(".mark, .leaflet-control, .legend")].map(box);
                return names.flatMap((a, i) => [...names.slice(i + 1), ...others].filter((b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1])); }"""
        )
        assert shown == []
        page.locator(".leaflet-control-layers").hover()
        page.get_by_role("checkbox", name="Roads, water and places").uncheck()
        assert page.locator("canvas.backdrop, .town").count() == 0


def test_without_a_backdrop_there_is_no_switch_for_one(opened):
    with opened(fixtures.content()) as (page, _):
        assert page.get_by_role("checkbox", name="Roads, water and places", include_hidden=True).count() == 0
        assert page.locator(".north").is_visible()
