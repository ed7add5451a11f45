"""The bus page in the real Chromium, offline: what the planner switches is what the library would count."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from hotspots.files import neutral
from hotspots.maps.bus_content import PlanView, Rules
from hotspots.maps.bus_page import build_bus_page
from hotspots.maps.style import class_colours
from tests import bus_fixtures as fixtures
from tests.browser_fixtures import open_file

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("bus") / "bus.html"
    path.write_bytes(build_bus_page(fixtures.content()).encode())
    return path


@pytest.fixture
def shown(browser, plain, tmp_path):
    """Return a function that opens a content."""

    def start(fragment="", options=None, **changes):
        path = plain
        if changes:
            path = tmp_path / "bus.html"
            path.write_bytes(build_bus_page(fixtures.content(**changes)).encode())
        return open_file(browser, path, fragment, **(options or {}))

    return start


def amount(value):
    """Say a number as the page does, by exact halves."""
    if 0 < value < 0.05:
        return "<0.1"
    if value >= 99.95:
        return f"{int(np.floor(value + 0.5)):,}"
    return str(Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_UP))


def part(value):
    percent = 100 * value
    if percent == 0:
        return "0\u202f%"
    if percent < 0.1:
        return "under 0.1\u202f%"
    return f"{Decimal(percent).quantize(Decimal(1) if percent >= 10 else Decimal('0.1'), ROUND_HALF_UP)}\u202f%"


def now(page):
    return page.evaluate(
        "() => ({ chosen: hotspotsPage.chosen, reach: hotspotsPage.now.reach, n: hotspotsPage.now.n, marginal: [...hotspotsPage.now.marginal] })"
    )


def names(page, table):
    return page.locator(f"#table-{table} tbody .name").all_inner_texts()


@pytest.mark.parametrize("decay", [False, True])
def test_fifty_random_choices_reach_what_the_library_says(shown, decay):
    content = fixtures.content(decay=decay)
    held, total, count = content.groups, content.total, len(content.sites)
    best = fixtures.reach_of(held, [content.sites.index.get_loc(key) for key in content.plans[0].site_ids])
    maker = np.random.default_rng(8)
    with shown(decay=decay) as (page, _):
        covered = page.evaluate("() => [...hotspotsPage.bus.covered]")
        assert np.allclose(covered, content.sites["covered"], rtol=0, atol=1e-9)
        for _ in range(50):
            chosen = maker.choice(count, maker.integers(0, 9), replace=False).tolist()
            page.evaluate("(chosen) => hotspotsPage.choose(chosen)", chosen)
            reach = fixtures.reach_of(held, chosen)
            seen = now(page)
            assert seen["chosen"] == chosen
            assert abs(seen["reach"] - reach) < 1e-9
            box = page.locator(".now")
            assert abs(float(box.get_attribute("data-reach")) - reach) < 1e-9
            assert page.locator(".figure-reach").inner_text() == amount(seen["reach"])
            assert (
                page.locator(".of").inner_text()
                == f"incidents a month in reach, {part(seen['reach'] / total)} of the need"
            )
            if chosen:
                said = page.locator(".against").inner_text()
                assert amount(abs(best - seen["reach"])) in said
                assert part(abs(best - seen["reach"]) / best) in said
        # What each adds, or would be missed: for the last choice by the definition.
        for site in range(count):
            other = [at for at in chosen if at != site] if site in chosen else [*chosen, site]
            assert abs(seen["marginal"][site] - abs(reach - fixtures.reach_of(held, other))) < 1e-9
        met = [held.indices[held.indptr[g] : held.indptr[g + 1]] for g in range(len(held.weight))]
        counted = sum(n for n, column in zip(held.n_month, met, strict=True) if set(column) & set(chosen))
        assert abs(seen["n"] - counted) < 1e-9


def test_the_tables_say_what_each_stop_and_site_is_worth(shown):
    content = fixtures.content(decay=True)
    met = fixtures.dense(content.groups, len(content.sites))
    both = np.array([[np.minimum(a, b) @ content.groups.weight for b in met] for a in met])
    near = np.unravel_index(np.argmax(np.triu(both, 1)), both.shape)
    with shown(decay=True) as (page, _):
        page.evaluate(
            "(near) => hotspotsPage.choose([...new Set([...near, ...hotspotsPage.chosen])])", [int(at) for at in near]
        )
        page.get_by_role("button", name="Show all").click()
        seen = now(page)
        covered = content.sites["covered"].tolist()
        listed = content.sites["name"].tolist()
        for table, sign in (("stops", "−"), ("others", "+")):
            rows = page.evaluate(
                "(id) => [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => [Number(row.dataset.site), ...[...row.cells].map((cell) => cell.textContent)])",
                f"table-{table}",
            )
            for site, _, name, reaches, worth, shared in rows:
                value = seen["marginal"][site]
                assert name.startswith(listed[site])
                assert reaches == amount(covered[site])
                assert worth == (f"{sign}{amount(value)}" if value >= 0.05 else amount(value))
                share = 1 - value / covered[site] if covered[site] else 0
                assert shared == part(0 if share < 1e-9 else share)
            sites = [row[0] for row in rows]
            if table == "stops":
                assert sites == seen["chosen"]
            else:
                assert sorted(sites) == sorted(set(range(40)) - set(seen["chosen"]))
                assert set(sites[-2:]) == set(fixtures.NEVER)
                worths = [seen["marginal"][site] for site in sites[:-2]]
                assert worths == sorted(worths, reverse=True)
        assert any(seen["marginal"][site] < covered[site] - 1e-6 for site in seen["chosen"])


def test_it_opens_with_the_best_plan(shown):
    content = fixtures.content()
    with shown() as (page, _):
        assert names(page, "stops") == [content.sites["name"][key] for key in content.plans[0].site_ids]
        assert page.locator(".against").inner_text() == "This is the best plan."
        assert page.locator("[data-plan='0'][aria-pressed='true']").count() == 1
        assert page.locator(".kept .broken").count() == 0
        assert page.locator(".kept li").all_text_contents()[0] == "✓4 stops, as wanted"
        assert page.url.count("#") == 0
        assert page.locator("#card-plan h3").inner_text().startswith("1 ")
        assert page.locator(".map-said").text_content().startswith("4 stops: ")
        assert page.get_by_role("button", name="Undo").is_disabled()


@pytest.mark.parametrize("way", ["switch", "Space", "Enter", "row", "mark", "Enter on the mark", "card"])
def test_every_way_to_switch_a_site(shown, way):
    with shown() as (page, _):
        site = int(page.locator("#table-others tbody tr").first.get_attribute("data-site"))
        row, mark = page.locator(f'tr[data-site="{site}"]'), f"() => hotspotsPage.siteButtons[{site}]"
        start = now(page)["chosen"]
        for expected in ([*start, site], start):
            if way == "switch":
                row.locator(".switch").click()
            elif way in {"Space", "Enter"}:
                row.locator(".switch").focus()
                page.keyboard.press(way)
                assert row.locator(".switch").evaluate("(box) => box === document.activeElement")
            elif way == "row":
                row.locator("td.num").first.click()
            elif way == "mark":
                page.evaluate_handle(mark).as_element().click()
            elif way == "card":
                row.locator(".pick").click()
                assert now(page)["chosen"] == (start if expected != start else [*start, site])
                page.locator(".switch-site").click()
            else:
                page.evaluate_handle(mark).as_element().focus()
                page.keyboard.press("Enter")
            assert now(page)["chosen"] == expected
            assert row.locator(".switch").is_checked() == (site in expected)
            pressed = page.evaluate(f"() => hotspotsPage.siteButtons[{site}].getAttribute('aria-pressed')")
            assert pressed == str(site in expected).lower()
            table = "stops" if site in expected else "others"
            assert page.locator(f'#table-{table} tr[data-site="{site}"]').count() == 1
        assert page.locator(".against").inner_text() == "This is the best plan."


def test_a_site_that_is_never_a_stop_cannot_be_made_one(shown):
    with shown() as (page, _):
        page.get_by_role("button", name="Show all").click()
        site = fixtures.NEVER[0]
        row = page.locator(f'tr[data-site="{site}"]')
        assert row.locator(".switch").is_disabled()
        assert "never: red route" in row.inner_text()
        before = now(page)["chosen"]
        row.locator("td.num").first.click()
        page.evaluate(f"() => hotspotsPage.siteButtons[{site}].click()")
        assert now(page)["chosen"] == before
        assert "red route" in page.locator("#card-plan").inner_text()
        assert page.locator(".switch-site").count() == 0
        # One that the plan in force holds can be taken away, and then not be put back.
        page.get_by_role("button", name="Plan in force").first.click()
        assert "Not to be a stop: " in page.locator(".kept").inner_text()
        page.locator(f'#table-stops tr[data-site="{site}"] .switch').click()
        assert site not in now(page)["chosen"]
        assert page.locator(f'tr[data-site="{site}"] .switch').is_disabled()


def test_plans_clear_and_undo(shown):
    content = fixtures.content()
    keys = content.sites.index.tolist()
    with shown() as (page, _):
        for at, plan in enumerate(content.plans):
            page.locator(f".plans [data-plan='{at}']").click()
            assert now(page)["chosen"] == [keys.index(key) for key in plan.site_ids]
            assert page.locator(".plans [aria-pressed='true']").all_inner_texts() == [plan.title]
            if at:
                assert page.locator(".against").inner_text().startswith(f"{plan.title}: ")
        page.get_by_role("button", name="Clear").click()
        assert now(page)["chosen"] == []
        assert page.locator(".against").inner_text() == "No stop is chosen."
        assert page.locator("#table-stops tbody tr").count() == 0
        assert page.get_by_role("button", name="Clear").is_disabled()
        undo = page.get_by_role("button", name="Undo")
        for plan in content.plans[::-1]:
            undo.click()
            assert now(page)["chosen"] == [keys.index(key) for key in plan.site_ids]
        undo.click()
        assert undo.is_disabled()
        assert page.locator("[role=status].said").text_content().startswith("4 stops: ")


def rules_said(page, chosen):
    page.evaluate("(chosen) => hotspotsPage.choose(chosen)", chosen)
    return page.locator(".kept li:not(.broken)").all_text_contents(), page.locator(".kept .broken").all_text_contents()


def test_what_was_asked_for_and_is_not_kept_is_said(shown):
    content = fixtures.content()
    listed = content.sites["name"].tolist()
    at = np.column_stack([content.sites.geometry.x, content.sites.geometry.y])
    apart = float(np.hypot(*(at[0] - at[1])))
    rules = Rules(
        stops=2, reach_m=400.0, min_separation_m=apart, one_per_hotspot=(("Broadway", (0, 1, 2)),),
        at_least_one=(("Erith", (0, 5)), ("Sidcup", (6,))), fixed=(content.sites.index[0],),
    )  # fmt: skip
    with shown(rules=rules) as (page, _):
        far = int(np.argmax(np.hypot(*(at - at[0]).T)))
        kept, broken = rules_said(page, [0, 1])
        # Two stops just as far apart as asked for are far enough.
        assert kept[1] == f"✓At least {apart:,.0f} m between stops"
        assert broken == [f"!More than one stop at Broadway ({listed[0]}, {listed[1]})", "!No stop in Sidcup"]
        kept, broken = rules_said(page, [0, 6, far] if far != 6 else [0, 6])
        assert "✓A stop in Erith, Sidcup" in kept
        assert f"✓Every fixed site is a stop: {listed[0]}" in kept
        assert "✓One stop per hotspot at most" in kept
        kept, broken = rules_said(page, [])
        assert broken == [
            "!0 stops: 2 fewer than the 2 wanted",
            "!No stop in Erith, Sidcup",
            f"!Fixed, but no stop: {listed[0]}",
        ]
        _, broken = rules_said(page, [2, 3, 4])
        assert broken[0] == "!3 stops: 1 more than the 2 wanted"
    with shown(rules=dataclasses.replace(rules, min_separation_m=apart + 1)) as (page, _):
        _, broken = rules_said(page, [0, 1])
        assert any(f"{listed[0]} and {listed[1]} {int(apart):,} m apart" in line for line in broken)
        page.evaluate("() => { hotspotsPage.data.rules.apart = 100000; }")
        _, broken = rules_said(page, [0, 1, 2, 3])
        [close] = [line for line in broken if line.startswith("!Closer than 100,000 m: ")]
        assert close.count(" m apart") == 3
        assert close.endswith("; and 3 more")
    with shown(rules=Rules(stops=1, reach_m=400.0)) as (page, _):
        kept, broken = rules_said(page, [5])
        assert (kept, broken) == (["✓1 stop, as wanted"], [])


def test_a_choice_is_told_against_the_best_plan(shown):
    content = fixtures.content()
    keys = content.sites.index.tolist()
    best = [keys.index(key) for key in content.plans[0].site_ids]
    with shown() as (page, _):
        page.evaluate("(chosen) => hotspotsPage.choose(chosen)", best[:3])
        lost = content.plans[0].reach - fixtures.reach_of(content.groups, best[:3])
        said = page.locator(".against").inner_text()
        assert (
            said
            == f"{amount(lost)} incidents a month less than the best plan, {part(lost / content.plans[0].reach)}, with 1 stop fewer."
        )
        page.evaluate("(chosen) => hotspotsPage.choose(chosen)", [*best, 34, 22])
        assert re.search(r"more than the best plan, .*, with 2 stops more\.$", page.locator(".against").inner_text())
        # Order does not matter: the same stops are the same plan.
        page.evaluate("(chosen) => hotspotsPage.choose(chosen)", best[::-1])
        assert page.locator(".against").inner_text() == "This is the best plan."
        useless = next(at for at in range(40) if content.sites["covered"].iloc[at] == 0)
        page.evaluate("(chosen) => hotspotsPage.choose(chosen)", [*best, useless])
        assert page.locator(".against").inner_text() == "reaches as much as the best plan, with 1 stop more."


def test_the_address_keeps_the_choice(shown):
    content = fixtures.content()
    keys = content.sites.index.tolist()
    with shown() as (page, _):
        page.evaluate("() => { hotspotsPage.choose([20, 3, 12]); hotspotsPage.select(12, { from: 'table' }); }")
        page.get_by_role("tab", name="Compare").click()
        page.wait_for_function("() => location.hash.includes('tab=compare')")
        fragment = page.url.partition("#")[2]
    with shown(fragment) as (page, _):
        assert now(page)["chosen"] == [20, 3, 12]
        assert page.get_by_role("tab", name="Compare").get_attribute("aria-selected") == "true"
        assert content.sites["name"].iloc[12] in page.locator("#card-plan h3").text_content()
        page.evaluate("() => hotspotsPage.choose([])")
        page.wait_for_function("() => location.hash.includes('stop=&') || location.hash.endsWith('stop=')")
        fragment = page.url.partition("#")[2]
    with shown(fragment) as (page, _):
        assert now(page)["chosen"] == []
    with shown(f"stop={keys[5]}&stop=nobody&stop={keys[5]}&tab=none&site=nobody&at=x&layers=hotspots") as (page, _):
        assert now(page)["chosen"] == [5]
        assert page.locator(".mark.of-sites.is-stop").count() == 1
        assert page.locator(".mark.of-sites:not(.is-stop)").count() == 0
        assert page.locator("path.area").count() == 0
        page.evaluate("() => { location.hash = 'stop=S009'; }")
        page.wait_for_function("() => hotspotsPage.chosen.join() === '8'")


def csv_of(content, chosen):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["site_id", "name", "chosen", "easting", "northing"])
    for at, row in enumerate(content.sites.itertuples()):
        cells = [neutral(value).replace("\r\n", "\n").replace("\r", "\n") for value in (row.Index, row.name)]
        place = [np.format_float_positional(value, precision=2, trim="-") for value in (row.geometry.x, row.geometry.y)]
        writer.writerow([*cells, "yes" if at in chosen else "no", *place])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


@pytest.mark.parametrize("bad", ["", fixtures.BAD, "\r\nx, y"])
def test_a_choice_is_saved_as_a_table(shown, bad, tmp_path):
    starts = ["=1+1", "+44", "-x", "@SUM(A1)", "\ttab", "\rreturn", " =blank", 'say "here"', "a,b"]
    content = fixtures.content(bad=bad)
    frame = content.sites.copy()
    frame["name"] = [f"{starts[at]}{name}" if at < len(starts) else name for at, name in enumerate(frame["name"])]
    with shown(bad=bad, sites=frame) as (page, _):
        page.evaluate("() => hotspotsPage.choose([8, 2, 30])")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Save this choice").click()
        saved = waiting.value
        assert saved.suggested_filename == "choice.csv"
        path = tmp_path / "choice.csv"
        saved.save_as(path)
        written = path.read_bytes()
    assert written == csv_of(dataclasses.replace(content, sites=frame), [8, 2, 30])
    rows = list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert list(rows[0]) == ["site_id", "name", "chosen", "easting", "northing"]
    assert [at for at, row in enumerate(rows) if row["chosen"] == "yes"] == [2, 8, 30]
    assert {row["chosen"] for row in rows} == {"yes", "no"}
    assert np.allclose([float(row["easting"]) for row in rows], frame.geometry.x, atol=0.006)
    assert all(row["name"].startswith("'") for row in rows[:7])


def test_areas_sites_and_circles_are_where_the_frames_say(shown):
    content = fixtures.content()
    classes = content.areas["need_class"].astype(object).where(content.areas["need_class"].notna(), None)
    colours = [f"rgb({int(c[1:3], 16)}, {int(c[3:5], 16)}, {int(c[5:7], 16)})" for c in class_colours(5)]
    places = content.sites.to_crs(4326).geometry
    with shown() as (page, _):
        fills = page.evaluate(
            "() => hotspotsPage.layers.areas[0].paths.map((path) => getComputedStyle(path.getElement()).fill)"
        )
        for fill, number in zip(fills, classes, strict=True):
            assert ("no-data" in fill) if number is None else (fill == colours[int(number) - 1])
        at = page.evaluate("() => hotspotsPage.sitePlaces.map((place) => [place.lng, place.lat])")
        assert np.allclose(at, np.column_stack([places.x, places.y]), atol=1e-5)
        circles = page.evaluate(
            """() => { const found = []; hotspotsPage.layers.reach.eachLayer((pair) => pair.eachLayer((one) => found.push([one.getLatLng().lng, one.getLatLng().lat, one.getRadius()]))); return found; }"""
        )
        best = [content.sites.index.get_loc(key) for key in content.plans[0].site_ids]
        assert len(circles) == 2 * len(best)
        assert {round(radius, 6) for *_, radius in circles} == {round(400 / 1.3, 6)}
        assert np.allclose([circle[:2] for circle in circles[::2]], np.array(at)[best])
        boxes = page.evaluate(
            """() => hotspotsPage.siteButtons.map((button, i) => { const b = button.getBoundingClientRect(), m = hotspotsPage.map.getContainer().getBoundingClientRect();
                const p = hotspotsPage.map.latLngToContainerPoint(hotspotsPage.sitePlaces[i]); return [b.x + b.width / 2 - m.x - p.x, b.y + b.height / 2 - m.y - p.y]; })"""
        )
        assert np.abs(boxes).max() < 1
        numbers = page.evaluate("() => hotspotsPage.chosen.map((i) => hotspotsPage.siteButtons[i].textContent)")
        assert numbers == ["1", "2", "3", "4"]
        assert page.locator(".of-sites.fixed .pin").count() == 1
        assert page.locator(".mark.of-sites.never").count() == 2
        assert page.locator("path.zone").count() == 2
        services = fixtures.provision().to_crs(4326).geometry
        seen = page.evaluate(
            """() => [...document.querySelectorAll(".mark.of-provision")].map((node) => { const b = node.getBoundingClientRect(), m = hotspotsPage.map.getContainer().getBoundingClientRect();
                const p = hotspotsPage.map.containerPointToLatLng([b.x + b.width / 2 - m.x, b.y + b.height / 2 - m.y]); return [p.lng, p.lat]; })"""
        )
        assert np.allclose(seen, np.column_stack([services.x, services.y]), atol=2e-4)


@pytest.mark.parametrize("zoom", [None, 13, 15])
def test_discs_cover_neither_stops_nor_each_other(shown, zoom):
    with shown() as (page, _):
        if zoom:
            page.evaluate(
                "(zoom) => hotspotsPage.map.setView(hotspotsPage.sitePlaces[hotspotsPage.chosen[1]], zoom, { animate: false })",
                zoom,
            )
        middle = "(nodes) => nodes.map((m) => m.getBoundingClientRect()).map((b) => [b.left + b.width / 2, b.top + b.height / 2])"
        discs = page.locator(".mark.of-hotspots").evaluate_all(middle)
        stops = page.locator(".mark.is-stop").evaluate_all(middle)
    assert len(discs) == 7
    assert len(stops) == 4
    for at, disc in enumerate(discs):
        assert all(np.hypot(disc[0] - x, disc[1] - y) >= 26 for x, y in [*discs[:at], *stops])


def test_layers_and_their_signs_go_together(shown):
    with shown() as (page, _):
        page.locator(".leaflet-control-layers").hover()
        for name, selector, sign in (
            ("Areas by need", "path.area", "areas"),
            ("No-stop zones", "path.zone", "zones"),
            ("Reach of the stops", "path.reach", "reach"),
            ("Hotspots", "path.hotspot, .mark.of-hotspots", "hotspots"),
            ("Existing services", ".mark.of-provision", "provision"),
            ("Sites that are no stop", ".mark.of-sites:not(.is-stop)", "candidates"),
        ):
            box = page.get_by_role("checkbox", name=name, exact=True)
            assert page.locator(f".folium-map :is({selector})").count() > 0
            box.uncheck()
            assert page.locator(f".folium-map :is({selector})").count() == 0
            assert not page.locator(f".legend .of-{sign}").first.is_visible()
            assert page.locator(".mark.is-stop").count() == 4
            box.check()
            assert page.locator(f".folium-map :is({selector})").count() > 0
            assert page.locator(f".legend .of-{sign}").first.is_visible()


def test_arrow_keys_go_from_site_to_site(shown):
    with shown() as (page, _):
        assert page.locator(".mark.of-sites[tabindex='0']").count() == 1
        page.locator(".mark.of-sites[tabindex='0']").focus()
        active = "() => hotspotsPage.siteButtons.indexOf(document.activeElement)"
        first = page.evaluate(active)
        x = "(i) => hotspotsPage.map.project(hotspotsPage.sitePlaces[i]).x"
        page.keyboard.press("ArrowLeft")
        second = page.evaluate(active)
        assert second not in {first, -1}
        assert page.evaluate(x, second) < page.evaluate(x, first)
        assert page.locator(".mark.of-sites[tabindex='0']").count() == 1
        assert page.locator("#card-plan h3").text_content().endswith(fixtures.content().sites["name"].iloc[second])
        # Going there chooses nothing.
        assert page.locator(".against").inner_text() == "This is the best plan."


def test_compare_shows_the_own_choice_among_the_plans_and_on_the_curve(shown):
    content = fixtures.content()
    listed = content.sites["name"].tolist()
    best = [content.sites.index.get_loc(key) for key in content.plans[0].site_ids]
    chosen = [*best[:2], 34]
    reach = fixtures.reach_of(content.groups, chosen)
    with shown() as (page, _):
        page.get_by_role("tab", name="Compare").click()
        assert page.locator("#table-plans tr[aria-current]:visible").count() == 1
        mark = page.locator("#curve .own rect")
        where = "(node) => [Number(node.getAttribute('x')) + 5, Number(node.getAttribute('y')) + 5]"
        dot = (
            page.locator("#curve circle.dot")
            .nth(3)
            .evaluate("(node) => [node.cx.baseVal.value, node.cy.baseVal.value]")
        )
        assert np.allclose(mark.evaluate(where), dot, atol=0.02)
        page.evaluate("(chosen) => hotspotsPage.choose(chosen)", chosen)
        row = page.locator("#table-plans tr[aria-current]:visible").inner_text()
        assert f"with {listed[34]}" in row
        assert f"without {listed[best[2]]}, {listed[best[3]]}" in row
        assert amount(reach) in row
        assert part(reach / content.total) in row
        assert f"−{amount(content.plans[0].reach - reach)}" in row
        x, y = mark.evaluate(where)
        scale = page.evaluate("() => hotspotsPage.data.curve")
        assert np.allclose([x, y], [scale["left"] + 3 * scale["wide"], scale["base"] - reach * scale["tall"]])
        assert page.locator("#curve .own text").text_content() == f"your choice: {amount(reach)}"
        # More stops than the frame holds stay in it.
        page.evaluate("() => hotspotsPage.choose([...Array(30).keys()])")
        x, y = mark.evaluate(where)
        assert (x, y) == pytest.approx(
            (scale["left"] + 8 * scale["wide"], scale["base"] - scale["top"] * scale["tall"])
        )
        page.locator("#table-plans .pick").nth(2).click()
        assert page.locator(".plans [aria-pressed='true']").text_content() == "Alternative 2"


def test_the_rota_says_that_it_is_of_the_best_plan(shown):
    with shown() as (page, _):
        page.get_by_role("tab", name="Rota").click()
        assert page.locator("#table-rota tbody tr:not(.week-row)").count() == 32
        assert not page.locator("#rota-differs").is_visible()
        page.evaluate("() => hotspotsPage.choose(hotspotsPage.chosen.slice(1))")
        assert page.locator("#rota-differs").is_visible()
        page.evaluate("() => hotspotsPage.choose([...hotspotsPage.data.plans[0].sites].reverse())")
        assert not page.locator("#rota-differs").is_visible()


def test_the_card_says_why(shown):
    content = fixtures.content()
    with shown() as (page, _):
        page.locator("#table-stops .pick").nth(1).click()
        card = page.locator("#card-plan").inner_text()
        key = content.plans[0].site_ids[1]
        row = content.sites.loc[key]
        for sentence in content.why[key]:
            assert sentence in card
        assert f"{amount(row['covered'])} incidents a month by itself" in card
        assert f"({key})" in card
        assert f"the stops would reach {amount(row['covered'])} less" in card
        assert page.locator("#table-stops tr[aria-current]").count() == 1
        page.evaluate("() => hotspotsPage.select(5, { from: 'table' })")
        assert "Would add" in page.locator("#card-plan").inner_text()
        page.evaluate("() => hotspotsPage.select(3, { from: 'table' })")
        assert "agreed with the housing association" in page.locator("#card-plan").inner_text()


def test_sites_can_be_looked_for(shown):
    with shown() as (page, _):
        assert page.locator("#table-others tbody tr").count() == 20
        page.get_by_label("Find a site").fill("sidcup s")
        assert names(page, "others") == ["Sidcup Station Approach"]
        assert page.locator(".found").inner_text() == "1 site found"
        page.get_by_label("Find a site").fill("s040")
        assert page.locator("#table-others tbody tr").count() == 1
        page.get_by_label("Find a site").fill("nowhere")
        assert page.locator(".found").inner_text() == "0 sites found"
        page.get_by_label("Find a site").fill("")
        page.get_by_role("button", name="Show all 36").click()
        assert page.locator("#table-others tbody tr").count() == 36


def test_hostile_text_is_shown_as_text(shown):
    bad = fixtures.BAD.split()[0]
    with shown(bad=fixtures.BAD) as (page, _):
        assert bad in page.locator("h1").inner_text()
        page.locator("#table-others .pick").first.click()
        assert bad in page.locator("#card-plan").inner_text()
        page.locator("#table-others .switch").first.click()
        assert bad in page.locator(".kept").inner_text()
        for tab in ("Compare", "Rota", "Method", "Plan"):
            page.get_by_role("tab", name=tab).click()
            assert bad in page.locator(f"#panel-{tab.lower()}").inner_text()
        page.locator("path.zone").first.hover(force=True)
        page.wait_for_selector(".tip")
        page.wait_for_function("() => location.hash.includes('stop=')")
        fragment, chosen = page.url.partition("#")[2], now(page)["chosen"]
        assert page.locator("img, .tip svg, body > :not(svg) svg[onload]").count() == 0
        assert page.locator("script").count() == 5
    with shown(fragment, bad=fixtures.BAD) as (page, _):
        assert now(page)["chosen"] == chosen


@pytest.mark.parametrize("width", [320, 390, 800, 1440])
def test_no_width_scrolls_sideways_and_targets_are_large(shown, width):
    with shown(options={"viewport": {"width": width, "height": 844}}) as (page, _):
        for tab in ("Rota", "Compare", "Plan"):
            page.get_by_role("tab", name=tab).click()
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
            box = ".panel" if width >= 800 else f"#panel-{tab.lower()}"
            assert page.locator(box).evaluate("(node) => node.scrollWidth <= node.clientWidth"), tab
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, summary, input, .leaflet-bar a")]
                .filter((node) => node.checkVisibility()).map((node) => [node.className, node.getBoundingClientRect()])
                .filter(([, box]) => box.width > 0 && (box.width < 23.9 || box.height < 23.9)).map(([name, box]) => [name, box.width, box.height])"""
        )
        assert small == []


def test_paper_shows_map_stops_and_rota_and_no_controls(shown):
    with shown() as (page, _):
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        for selector in (
            "#table-stops",
            "#table-rota",
            ".legend",
            ".leaflet-control-scale",
            ".sources",
            ".marking",
            ".now",
            ".kept",
        ):
            assert page.locator(selector).is_visible(), selector
        for selector in (
            ".tools",
            ".tabs",
            ".leaflet-control-zoom",
            "#table-others",
            "#panel-compare",
            ".choice .controls",
        ):
            assert not page.locator(selector).is_visible(), selector
        chart, table = (page.locator(name).bounding_box() for name in (".folium-map", "#table-stops"))
        assert chart["x"] + chart["width"] <= table["x"]
        page.emulate_media(media="screen")
        page.evaluate("() => dispatchEvent(new Event('afterprint'))")
        assert page.locator(".tabs").is_visible()


def test_without_scripts_the_best_plan_is_there(shown):
    content = fixtures.content()
    with shown(options={"java_script_enabled": False}) as (page, _):
        assert names(page, "stops") == [content.sites["name"][key] for key in content.plans[0].site_ids]
        for selector in ("#table-others", "#table-plans", "#curve", "#table-rota", "noscript p"):
            assert page.locator(selector).is_visible()
        for selector in (".folium-map", ".choice", ".now", "#card-plan"):
            assert not page.locator(selector).is_visible()


def test_pages_with_less_work(shown):
    content = fixtures.content()
    few = {
        "hotspots": content.hotspots.iloc[:0],
        "neighbours": content.neighbours.iloc[:0],
        "curve": content.curve.iloc[:0],
        "zones": None,
        "provision": None,
        "rota": None,
        "why": {},
        "plans": (PlanView("Best plan", (), 0.0, 0.0, "", "best"),),
        "rules": Rules(stops=0, reach_m=400.0, walk_factor=None),
    }
    with shown(**few) as (page, _):
        assert page.locator(".against").inner_text() == "This is the best plan."
        page.locator("#table-others .switch").first.click()
        assert len(now(page)["chosen"]) == 1
        assert page.locator("path.reach").count() == 0
        assert page.get_by_role("tab").all_inner_texts() == ["Plan", "Compare", "Method"]
        assert re.search(r"more than the best plan, with 1 stop more\.$", page.locator(".against").inner_text())


BACKDROP = {
    "origin": [14_500, 5_142_500],
    "levels": [{"below_zoom": None, "roads": {"2": [[500, 3000, 4000, 2500]]}, "water": [], "streams": []}],
    "places": {"name": ["Gridham <img src=x>"], "at": [1000, 3000], "rank": [1], "min_zoom": [0]},
}


def test_a_backdrop_lies_under_the_findings(shown):
    with shown(backdrop=BACKDROP) as (page, _):
        page.wait_for_timeout(300)
        assert page.locator(".town").all_text_contents() == ["Gridham <img src=x>"]
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        assert page.locator("svg.backdrop").count() == 1
        page.evaluate("() => dispatchEvent(new Event('afterprint'))")
        assert page.locator("canvas.backdrop").count() == 1
