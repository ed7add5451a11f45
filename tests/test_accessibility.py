"""Every page under axe-core, the WCAG rules of 2.2 AA and its own good practice, in the states a reader brings it to."""

from __future__ import annotations

import pytest

from hotspots.maps.quality_page import build_quality_page
from tests import agenda_fixtures as agenda
from tests import page_fixtures as fixtures
from tests.browser_fixtures import open_file
from tests.test_maps_quality_page import content as quality_content

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
STATES = {
    "opened": "",
    "areas": "() => document.getElementById('tab-panel-areas').click()",
    "events": "() => { document.getElementById('tab-panel-events').click(); hotspotsPage.choose('events', 0); }",
    "method": "() => document.getElementById('tab-panel-method').click()",
    "a month": "() => { hotspotsPage.show({ month: 3, kinds: [0] }); document.getElementById('tab-panel-areas').click(); }",
    "lists open": "() => { for (const list of document.querySelectorAll('details')) list.open = true; }",
    "layers open": "() => document.querySelector('.leaflet-control-layers').classList.add('leaflet-control-layers-expanded')",
    "tested": "() => hotspotsPage.map.removeLayer(hotspotsPage.layers.areas[0]) && hotspotsPage.map.addLayer(hotspotsPage.layers.areas[2])",
}


EVENTS = "document.getElementById('tab-panel-events').click()"
AGENDA = {
    "events": f"() => {{ {EVENTS}; }}",
    "free days": f"() => {{ {EVENTS}; document.querySelector('.end-0').focus(); hotspotsPage.freeDays('2022-01-03_2022-01-03'); "
    "hotspotsPage.eventPicks.period.value = '2022-01-03_2022-01-03'; hotspotsPage.showEvents(); hotspotsPage.choose('events', 12); }",
    "tensions": f"() => {{ {EVENTS}; hotspotsPage.map.addLayer(hotspotsPage.layers.tensions); }}",
}
"""States of a page with 60 events, a route, a ground and eight wards with tensions."""


def violations(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(
        page, options={"runOnly": {"type": "tag", "values": RULES}, "rules": {"target-size": {"enabled": True}}}
    )
    return [
        (fault["id"], fault["help"], [node["html"][:160] for node in fault["nodes"][:4]])
        for fault in found.response["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_the_map_page(opened, state, scheme):
    with opened(fixtures.content(), color_scheme=scheme) as (page, _):
        if STATES[state]:
            page.evaluate(STATES[state])
        assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", AGENDA)
def test_a_full_agenda(opened, state, scheme):
    with opened(agenda.content(), color_scheme=scheme) as (page, _):
        page.evaluate(AGENDA[state])
        assert violations(page) == []


@pytest.mark.parametrize("width", [320, 390])
def test_a_full_agenda_on_a_small_screen(opened, width):
    with opened(agenda.content(), viewport={"width": width, "height": 700}) as (page, _):
        page.evaluate(AGENDA["tensions"])
        assert violations(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_full_agenda_on_paper(opened):
    with opened(agenda.content()) as (page, _):
        page.evaluate(AGENDA["tensions"])
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert violations(page) == []


@pytest.mark.parametrize("width", [320, 390, 720])
def test_the_map_page_on_a_small_screen_and_at_twice_the_size(opened, width):
    # 720 is a desktop of 1440 at 200 %.
    with opened(fixtures.content(), viewport={"width": width, "height": 700}) as (page, _):
        assert violations(page) == []


def test_the_map_page_without_scripts(opened):
    with opened(fixtures.content(), java_script_enabled=False) as (page, _):
        assert page.locator("main").count() == page.locator("h1").count() == 1
        assert page.locator("html").get_attribute("lang") == "en-GB"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_quality_page(browser, tmp_path, scheme):
    path = tmp_path / "quality.html"
    path.write_bytes(build_quality_page(quality_content()).encode())
    with open_file(browser, path, color_scheme=scheme) as (page, _):
        assert violations(page) == []
