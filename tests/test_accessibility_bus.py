"""The bus page under axe-core, in the states a planner brings it to."""

from __future__ import annotations

import pytest

from hotspots.maps.bus_page import build_bus_page
from tests import bus_fixtures as fixtures
from tests.browser_fixtures import open_file
from tests.test_accessibility import violations

pytestmark = pytest.mark.browser

STATES = {
    "opened": "",
    "own choice": "() => { hotspotsPage.toggle(hotspotsPage.chosen[1]); hotspotsPage.toggle(20, { from: 'map' }); }",
    "never": "() => { document.querySelector('.more-sites button').click(); hotspotsPage.select(7, { from: 'table' }); }",
    "compare": "() => { hotspotsPage.toggle(12); document.getElementById('tab-panel-compare').click(); }",
    "rota": "() => { hotspotsPage.toggle(12); document.getElementById('tab-panel-rota').click(); }",
    "layers open": "() => document.querySelector('.leaflet-control-layers').classList.add('leaflet-control-layers-expanded')",
}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("bus") / "bus.html"
    path.write_bytes(build_bus_page(fixtures.content()).encode())
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_the_bus_page(browser, page_file, state, scheme):
    with open_file(browser, page_file, color_scheme=scheme) as (page, _):
        if STATES[state]:
            page.evaluate(STATES[state])
        assert violations(page) == []


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "light"), (390, "dark"), (720, "light")])
def test_the_bus_page_on_a_small_screen_and_at_twice_the_size(browser, page_file, width, scheme):
    # 720 is a desktop of 1440 at 200 %.
    with open_file(browser, page_file, viewport={"width": width, "height": 844}, color_scheme=scheme) as (page, _):
        assert violations(page) == []


def test_the_bus_page_without_scripts(browser, page_file):
    with open_file(browser, page_file, java_script_enabled=False) as (page, _):
        assert page.locator("main").count() == page.locator("h1").count() == 1
        assert page.locator("html").get_attribute("lang") == "en-GB"
