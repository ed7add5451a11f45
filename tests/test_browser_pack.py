"""The page of the demonstration's pack in the real Chromium: it says what the pack's tables say, on screen and on paper."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest

from tests.browser_fixtures import open_file

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_of(browser, demo):
    """Return the opened page of the demonstration; every test leaves it as it was."""
    with open_file(browser, demo.out / "2021-12" / "map.html") as (page, _):
        yield page


def test_areas_say_what_the_table_says(page_of, demo):
    table = demo.pack.csv("areas")
    said = page_of.evaluate(
        """() => { const { data, shown } = hotspotsPage; return { code: data.areas.code, n: data.areas.n, month: data.areas.month,
            counted: [...shown.areas], classes: shown.classes, measures: data.measures.map((m) => m.column) }; }"""
    )
    assert said["code"] == list(table.index)
    for column, values in (("n", said["n"]), ("n_month", said["month"]), ("map_class", said["classes"][0])):
        assert values == [None if pd.isna(value) else int(value) for value in table[column]], column
    # Counted from the single incidents, they are the same.
    assert [n for n, whole in zip(said["counted"], said["n"], strict=True) if whole is not None] == [
        n for n in said["n"] if n is not None
    ]
    assert said["measures"] == ["rate_per_km2", "change", "label"]
    changes = {"below": 1, "usual": 2, "above": 3}
    assert said["classes"][1] == [changes.get(change) for change in table["change"]]


def test_hotspots_say_what_the_table_says(page_of, demo):
    table = demo.pack.csv("hotspots").sort_values("rank")
    said = page_of.evaluate("() => ({ rows: hotspotsPage.data.hotspots, shown: [...hotspotsPage.shown.hotspots] })")
    assert [row["id"] for row in said["rows"]] == list(table.index)
    assert [row["sort"] for row in said["rows"]] == table[["rank", "n_month", "n"]].to_numpy().tolist()
    assert said["shown"] == table["n"].tolist()
    assert [row["easting"].replace(",", "") for row in said["rows"]] == [str(round(x)) for x in table["easting"]]
    assert [row["grid"] for row in said["rows"]] == table["grid_ref"].tolist()


def test_months_of_a_hotspot_are_those_of_its_table(page_of, demo):
    months = demo.pack.csv("hotspot_months")
    keys = page_of.evaluate("() => hotspotsPage.data.months.map((month) => month.key)")
    ids = page_of.evaluate("() => hotspotsPage.data.hotspots.map((h) => h.id)")
    for at, key in enumerate(keys):
        page_of.evaluate("(month) => hotspotsPage.show({ month })", at)
        assert page_of.evaluate("() => [...hotspotsPage.shown.hotspots]") == [
            int(months.loc[name, key]) for name in ids
        ]
    page_of.evaluate("() => hotspotsPage.show({ month: null })")


def test_locations_and_bands_are_those_of_the_layers(page_of, demo):
    incidents = demo.pack.layer("incidents")
    focus = incidents[incidents["in_focus"].astype(bool) & (incidents["zone"] != "beyond")]
    places = focus.geometry.to_wkb().nunique()
    said = page_of.evaluate(
        "() => [hotspotsPage.shown.locations.length, hotspotsPage.shown.locations.reduce((a, b) => a + b), hotspotsPage.data.bands.length]"
    )
    assert said == [places, len(focus), len(demo.pack.layer("density"))]


def test_it_opens_with_the_events_of_the_coming_month(page_of, demo):
    shown = "#table-events tbody tr:not([hidden]) .name"
    titles = page_of.locator(shown).all_text_contents()
    first = ["New Year Fireworks", "Street Pastors' Patrol", "New Year's Day (substitute day)", "Spring term"]
    then = ["Market Cross Market", "Kiln Corner Youth Club", "Rovers v Athletic", "Wharf Winter Sessions"]
    assert titles == [*first, *then, "Food Bank Collection", "Rovers home match"]
    assert page_of.locator(".mark.of-events").count() == len(titles) - 2, "neither a term nor a holiday has a place"
    assert len(demo.pack.layer("events")) > len(titles)
    assert "period" not in page_of.url
    page_of.get_by_role("tab", name="Events").click()
    page_of.get_by_label("When").select_option(value="")
    page_of.wait_for_timeout(300)
    assert page_of.locator(shown).count() == len(demo.pack.layer("events"))
    assert "period=all" in page_of.url
    page_of.get_by_label("When").select_option(label="Jan 2022")
    page_of.get_by_role("tab", name="Hotspots").click()


def walk(page):
    """Return what the Tab key reaches on a page just opened: name, whether it is there, whether its focus is seen."""
    reached = []
    for _ in range(90):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => { const node = document.activeElement; if (!node || node === document.body) return null;
                const box = node.getBoundingClientRect(); const style = getComputedStyle(node);
                const row = node.closest("tr") ? getComputedStyle(node.closest("tr")) : style;
                return [node.className || node.id || node.tagName, box.width > 0, parseFloat(style.outlineWidth) > 0 || parseFloat(row.outlineWidth) > 0]; }"""
        )
        if found is None:
            break
        reached.append(found)
    return reached


def test_every_control_can_be_reached_by_keyboard(browser, demo):
    with open_file(browser, demo.out / "2021-12" / "map.html") as (page, _):
        reached = walk(page)
    names = " ".join(str(name) for name, _, _ in reached)
    for part in (
        "skip",
        "print",
        "whole",
        "leaflet-control-zoom-in",
        "leaflet-control-layers",
        "slider",
        "all",
        "pick",
    ):
        assert part in names, part
    assert all(there for _, there, _ in reached)
    assert [name for name, _, ring in reached if not ring and "folium-map" not in str(name)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_it_has_its_marking_and_its_number_on_every_sheet(browser, demo, scheme):
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    with open_file(browser, demo.out / "2021-12" / "map.html", color_scheme=scheme) as (page, _):
        data = page.pdf(prefer_css_page_size=True, print_background=True)
        page.evaluate("() => document.documentElement.classList.add('card-only')")
        alone = page.pdf(prefer_css_page_size=True, print_background=True)
    sheets = pypdf.PdfReader(io.BytesIO(data)).pages
    assert 2 <= len(sheets) <= 6
    for number, sheet in enumerate(sheets, start=1):
        assert [round(float(side)) for side in sheet.mediabox[2:]] == [842, 595]
        text = sheet.extract_text()
        assert text.count("Synthetic data · For partners of the meeting only: not to be published.") == 2, number
        assert f"{number} / {len(sheets)}" in text
    first, whole = sheets[0].extract_text(), "".join(sheet.extract_text() for sheet in sheets)
    for words in ("Serious violence hotspots", "Incidents per km²", "LSOAs", "km", "New Wharf"):
        assert words in first, words
    for words in ("Open Government Licence", "Wharf Winter"):
        assert words in whole, words
    cards = pypdf.PdfReader(io.BytesIO(alone)).pages
    assert len(cards) == 1
    card = cards[0].extract_text()
    assert "Grid ref" in card
    assert "Old Mill Lane" not in card


def test_its_data_stay_small(demo):
    page = demo.pack.page
    data = json.loads(page.split('id="page-data">')[1].split("</script>")[0])
    assert len(page.encode()) < 1_000_000
    assert len(json.dumps(data["rows"])) < 60_000
